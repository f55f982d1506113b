"""claims_stalled: nobody claims a chain's state any more."""

from grounds import L1, L2, L3, LAYERS, START, scene

from layerkeep.core.facts import Claimed, HeadSeen
from layerkeep.core.lifecycle import Lifecycle, Stage
from layerkeep.core.rules.actors.claims_stalled import CLAIMS_STALLED
from layerkeep.core.units import DAY, HOUR, MINUTE

SENT = Stage("sent", "proposer", None, "a rule")
DONE = Stage("done", "nobody", None, "done", claim="proposed", final=True)
LIFECYCLES = tuple(
    Lifecycle(name, direction, (SENT, DONE), ("sent", "done"), lane)
    for name, direction, lane in (
        ("op_stack.up", "child-to-parent", "claims"),
        ("nitro.down", "parent-to-child", "batches"),
        ("nitro.up", "child-to-parent", "assertions"),
    )
)
POLL = LAYERS[L2].poll_every


class Chains:
    """Both rollups and their parent, their safe heads growing with time where they are told to."""

    def __init__(self, *grow) -> None:
        self.made = scene(CLAIMS_STALLED, lifecycles=LIFECYCLES)
        self.grow, self.safe_time = grow, {L2: START, L3: START}
        self.again(self.made)

    def again(self, made) -> None:
        """The heads, now."""
        made.head(L1, 100)
        made.all_answer(L1, 100)
        for chain in (L2, L3):
            if chain in self.grow:
                self.safe_time[chain] = made.now
            height = self.safe_time[chain] // 1000
            made.head(chain, height, safe=height, safe_age=made.now - self.safe_time[chain])
            made.all_answer(chain, height)

    def wait(self, duration):
        """Time passes, and heads are told now and then."""
        self.made.wait(duration, self.again, every=MINUTE)


def claim(made, chain=L1, lane="l2/claims", height=5):
    """A claim, just now."""
    return made.tell(chain, Claimed(f"g{made.now}", lane), height=height, tx=f"0x{made.now}")


def test_claims_stalled__at_the_limit__is_found_just_then():
    """A day after the first safe block that no claim covers; since the last claim."""
    chains = Chains(L2)
    made = chains.made
    claim(made)
    chains.wait(MINUTE)
    chains.again(made)
    chains.wait(DAY + POLL - 1)
    assert [] == made.kinds
    made.wait(1)
    found = made.only
    assert ("claims-stalled", "proposer:l2", "warning") == _what(found)
    assert START == found.since
    assert f"since g{START}" in found.summary
    chains.wait(HOUR)
    assert found is made.only
    claim(made)
    assert [] == made.kinds


def test_claims_stalled__claims_often_enough__is_fine():
    """Each begins a new day."""
    chains = Chains(L2)
    for _ in range(4):
        chains.wait(23 * HOUR)
        claim(chains.made)
    assert [] == chains.made.kinds


def test_claims_stalled__no_claim_known__counts_from_the_first_look():
    """We know of none, so its time begins when we begin to look."""
    chains = Chains(L2)
    chains.wait(DAY)
    assert [] == chains.made.kinds
    chains.wait(5 * MINUTE)
    assert "that we know of" in chains.made.only.summary


def test_claims_stalled__idle_chain__is_fine():
    """Nothing happened since the newest claim: there is nothing to claim."""
    chains = Chains()
    claim(chains.made, L2, "l3/assertions")
    chains.wait(3 * DAY)
    assert [] == chains.made.kinds


def test_claims_stalled__idle_chain_goes_on__counts_from_then():
    """Its time begins with the first new safe block."""
    chains = Chains()
    claim(chains.made, L2, "l3/assertions")
    chains.wait(3 * DAY)
    chains.grow = (L3,)
    chains.wait(12 * HOUR)
    assert [] == chains.made.kinds
    chains.wait(5 * MINUTE)
    assert ["claims-stalled"] == chains.made.kinds


def test_claims_stalled__claims_of_another_lane__do_not_count():
    """Batches are no state claims."""
    chains = Chains(L3)
    for _ in range(14):
        chains.wait(HOUR)
        claim(chains.made, L2, "l3/batches")
    assert ["claims-stalled"] == chains.made.kinds


def test_claims_stalled__newest_claim_left_with_its_block__the_one_before_counts():
    """A reorg of the parent takes a claim back, and not our patience."""
    chains = Chains(L2)
    chains.wait(2 * HOUR)
    claim(chains.made, height=4)
    chains.wait(20 * HOUR)
    claim(chains.made)
    chains.made.engine.retract("l1", 4, chains.made.now)
    chains.wait(3 * HOUR)
    assert [] == chains.made.kinds
    chains.wait(2 * HOUR)
    assert START + 2 * HOUR == chains.made.only.since


def test_claims_stalled__parent_not_read_or_not_seen__says_so():
    """What is not read yet is not missing."""
    chains = Chains(L2)
    made = chains.made
    made.wait(DAY - MINUTE, chains.again, every=MINUTE)
    made.tell(L1, HeadSeen(500), height=100)
    made.wait(6 * MINUTE, lambda here: here.head(L2, 10**9, safe=10**9))
    assert [] == made.kinds
    assert "l1 is not read so far yet" == made.lacks(CLAIMS_STALLED, "l2")

    unseen = Chains(L2).made
    del unseen.standing[L1]
    unseen.wait(2 * DAY, lambda here: here.head(L2, 10**9, safe=10**9))
    assert [] == unseen.kinds
    assert "nobody answers for l1" == unseen.lacks(CLAIMS_STALLED, "l2")


def _what(problem):
    return (problem.kind, problem.component, problem.severity)
