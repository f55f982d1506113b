"""What of a journey was recomputed, and what was not: each link by itself, none taken on trust."""

from collections.abc import Iterable, Mapping

from layerkeep.api.shapes.journeys import CheckedShown
from layerkeep.app.answers.stages import UP
from layerkeep.app.answers.verdicts import UNKNOWN, Said
from layerkeep.core.facts import Fact, Reached
from layerkeep.core.journeys import Journey
from layerkeep.core.messages import Message, steps
from layerkeep.core.network.judgements import TRUE

LINKS = {
    "delivery": "what ran on {target} was asked for on {source}",
    "withdrawal": "what {target} let out was sent on {source}",
    "claim": "the claim it rests on is the state of our own nodes",
}
"""What a check that is true says of a message."""


def subjects_of(journey: Journey) -> set[str]:
    """What judgements about a journey are about: its keys, and the claims it rests on."""
    return {
        subject for message in journey.messages for subject in (*message.keys, *_claims(message))
    }


def checked_of(
    journey: Journey,
    said: Mapping[str, list[Said]],
    final: Mapping[str, int],
) -> tuple[CheckedShown, ...]:
    """Every link of a journey; `final` is the height up to which each chain cannot change."""
    found: list[CheckedShown] = []
    before: Message | None = None
    for message in journey.messages:
        if before is not None:
            found.append(_joined(before, message))
        found.append(_named(message))
        found += _judged(message, message.keys, said)
        claims = _claims(message)
        found += _judged(message, claims, said)
        found += [_unjudged(claim) for claim in claims if not said.get(claim)]
        found.append(_lasting(message, final))
        before = message
    return tuple(found)


def _claims(message: Message) -> list[str]:
    """The claims its steps that count rest on, in order."""
    passed = steps(message)
    return list(dict.fromkeys(step.claim for step in passed if step.claim and step.counts))


def _named(message: Message) -> CheckedShown:
    """Does the other chain know the message by the name that its source gives it?"""
    says = message.says
    there = [fact for fact in message.facts if fact.anchor.chain == says.target]
    if says.awaits:
        ran = [fact for fact in there if fact.anchor.tx == says.awaits]
        return CheckedShown(
            link=f"its transaction on {says.target} has the hash computed from {says.source}",
            recomputed_from=f"the fields logged on {says.source}",
            value=says.awaits,
            verdict=TRUE if ran else UNKNOWN,
            nodes=_witnesses([message.sent, *ran]) if ran else 0,
            time=ran[0].anchor.time if ran else None,
            detail="" if ran else f"not seen on {says.target} so far",
        )
    spoken = [fact for fact in there if isinstance(fact.says, Reached)]
    upward = message.lifecycle.direction == UP
    bridge = f"the bridge on {says.source}" if upward else f"the log on {says.source}"
    return CheckedShown(
        link=f"{says.target} speaks of the message under the name it has on {says.source}",
        recomputed_from=f"the name that {bridge} recorded; the payload was not hashed again",
        value=message.id,
        verdict=TRUE if spoken else UNKNOWN,
        nodes=_witnesses([message.sent, *spoken]) if spoken else 0,
        time=spoken[0].anchor.time if spoken else None,
        detail="" if spoken else f"{says.target} has not spoken of it so far",
    )


def _judged(
    message: Message, subjects: Iterable[str], said: Mapping[str, list[Said]]
) -> list[CheckedShown]:
    """What our own nodes were asked about it."""
    found: list[CheckedShown] = []
    for each in (one for subject in subjects for one in said.get(subject, ())):
        says, words = each.says, LINKS.get(each.check, each.check)
        differs = f"expected {says.expected}" if each.verdict == "false" else ""
        found.append(
            CheckedShown(
                link=words.format(source=message.says.source, target=message.says.target),
                recomputed_from=says.detail or "our own nodes",
                value=says.found or each.subject,
                verdict=each.verdict,
                nodes=each.nodes,
                time=each.time,
                detail=differs,
            )
        )
    return found


def _unjudged(claim: str) -> CheckedShown:
    return CheckedShown(
        link=LINKS["claim"],
        recomputed_from="",
        value=claim,
        verdict=UNKNOWN,
        detail="no node of ours has been asked, or none has answered",
    )


def _joined(before: Message, after: Message) -> CheckedShown:
    """Two messages are one journey if one transaction executed the one and sent the other."""
    anchor = after.sent.anchor
    ran = [
        fact
        for fact in before.executions()
        if (fact.anchor.chain, fact.anchor.tx) == (anchor.chain, anchor.tx)
    ]
    return CheckedShown(
        link=f"the hops meet on {anchor.chain}: one transaction ended the one and sent the other",
        recomputed_from="the logs of that transaction, which executed no other message around them",
        value=anchor.tx,
        verdict=TRUE if ran else UNKNOWN,
        nodes=_witnesses([after.sent, *ran]),
        time=anchor.time,
    )


def _lasting(message: Message, final: Mapping[str, int]) -> CheckedShown:
    """Can the block that sent it still leave its chain?"""
    anchor = message.sent.anchor
    known = final.get(anchor.chain, -1)
    is_final = anchor.height <= known
    return CheckedShown(
        link=f"the block that sent it cannot leave {anchor.chain}",
        recomputed_from=f"{anchor.chain} finalized {known:,}" if known >= 0 else "",
        value=anchor.block,
        verdict=TRUE if is_final else UNKNOWN,
        detail="" if is_final else f"block {anchor.height:,} is not final yet",
    )


def _witnesses(facts: Iterable[Fact]) -> int:
    """How many upstreams told these facts."""
    return len({fact.via for fact in facts if fact.via})
