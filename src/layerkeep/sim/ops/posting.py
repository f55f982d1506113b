"""Batches and claims: what a child's batcher and proposer put on the parent, while they can."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerkeep.adapters.nitro.lifecycles import ASSERTIONS, DELAYED, batch_claim
from layerkeep.core.facts import ClaimCovers, Claimed, ClaimMoved, Posted
from layerkeep.core.units import HOUR
from layerkeep.sim.ops.bridges import SimActor, SimBridge, SimClaim
from layerkeep.sim.ops.chains import Post

if TYPE_CHECKING:
    from layerkeep.sim.ops.world import OpsWorld

KEPT_CLAIMS = 2_000
JUDGED_ONE_IN = 4
"""Of so many batches one is compared with our own node's blocks in the model."""


@dataclass(frozen=True, slots=True)
class Posting:
    """What goes from a child to its parent by itself."""

    world: "OpsWorld"
    bridge: SimBridge

    def post(self) -> None:
        """The batcher posts what is new, or tries again soon."""
        world, bridge = self.world, self.bridge
        bridge.child.move(world.now)
        new = bridge.child.latest.height > bridge.posted.height
        if new and self.can_post:
            self.post_now()
        wait = bridge.post_every if bridge.batcher.can_act else bridge.child.layer.poll_every
        world.after(wait + world.chance.randrange(wait // 4), self.post)

    def claim(self) -> None:
        """The proposer claims what is safe since its last claim, or tries again soon."""
        world, bridge = self.world, self.bridge
        bridge.child.move(world.now)
        new = bridge.child.safe.height > bridge.claimed
        if new and self._can(bridge.proposer):
            self._claim()
        wait = bridge.claim_every if bridge.proposer.can_act else bridge.child.layer.poll_every
        world.after(wait + world.chance.randrange(wait // 4), self.claim)

    def confirm(self, claim: SimClaim) -> None:
        """A claim's time to be disputed is over; one that is disputed waits for its judgement."""
        if claim.disputed:
            return
        world, bridge = self.world, self.bridge
        bridge.parent.move(world.now)
        if bridge.paused or not bridge.parent.is_making:
            world.after(HOUR, self.confirm, claim)
            return
        claim.confirmed = world.now
        world.speech.say(bridge.parent, ClaimMoved(claim.id, "confirmed"))

    @property
    def can_post(self) -> bool:
        """True if the batcher's next batch would be on the parent."""
        return self._can(self.bridge.batcher)

    def _can(self, actor: SimActor) -> bool:
        return actor.can_act and self.bridge.parent.is_making

    def post_now(self) -> None:
        """A batch with all that is new is on the parent."""
        world, bridge = self.world, self.bridge
        parent = bridge.parent
        parent.poke(world.now)
        bridge.batches += 1
        bridge.batcher.act(bridge.batcher.cost)
        name = f"{bridge.name}-batch-{bridge.batches}"
        place = "wrong-inbox" if bridge.misplaced else "inbox"
        says = Posted(bridge.name, name, f"batcher-{bridge.name}", 100_000, place)
        world.speech.say(parent, says, name)
        if bridge.misplaced:
            return
        bridge.posted = bridge.child.latest
        bridge.child.posts.append(Post(bridge.posted, parent.latest.height, world.now))
        if bridge.delayed > bridge.delayed_read:
            bridge.delayed_read = bridge.delayed
            claim = batch_claim(bridge.name, bridge.delayed)
            lane = f"{bridge.name}/{DELAYED}"
            world.speech.say(parent, Claimed(claim, lane, covers=bridge.delayed), name)
        if bridge.batches % JUDGED_ONE_IN == 0 or bridge.outrun:
            bridge.outrun = False
            verdict = "false" if bridge.falsified else "true"
            world.judged(bridge, "batch", f"{bridge.name}/batch/{name}", verdict)

    def _claim(self) -> None:
        world, bridge = self.world, self.bridge
        parent = bridge.parent
        parent.poke(world.now)
        bridge.proposer.act(bridge.proposer.cost)
        number = len(bridge.claims) + 1
        claim = SimClaim(f"{bridge.name}/game/{number}", bridge.reach(), world.now)
        bridge.claimed = bridge.child.safe.height
        bridge.claims.append(claim)
        lane = f"{bridge.name}/{'claims' if bridge.is_op_stack else ASSERTIONS}"
        world.speech.say(parent, Claimed(claim.id, lane, root=f"r{number}"), claim.id)
        world.speech.say(parent, ClaimCovers(claim.id, claim.covers, lane), claim.id)
        world.judged(bridge, "claim", claim.id, "true")
        world.after(bridge.confirm_after, self.confirm, claim)
