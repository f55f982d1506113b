"""Attacks games whose root is not its own computation's, and resolves games that are over."""

from dataclasses import dataclass

from layerkeep.core.keccak import keccak256
from layerkeep.devnet.accounts import account
from layerkeep.devnet.actor import Actor
from layerkeep.devnet.artifacts import op
from layerkeep.devnet.contract import Contract
from layerkeep.devnet.l2.games import Game, Games, Standing, Status
from layerkeep.devnet.l2.outputs import Outputs
from layerkeep.devnet.plan import DevnetPlan
from layerkeep.devnet.sender import Sender

POLL_S = 0.2
ATTACK_POSITION = 2  # the root's left child in the game tree
MOVE_GAS = 800_000
RETRY_AFTER_L1_BLOCKS = 3


@dataclass(slots=True)
class Play:
    """What the challenger did in one game."""

    attacked: bool = False
    resolving_at: int = -RETRY_AFTER_L1_BLOCKS  # L1 height of the last try


class Challenger(Actor):
    """Plays one move at most: with clocks of seconds nobody answers it."""

    LIES = ("ignore-wrong-root", "attack-honest")

    def __init__(self, plan: DevnetPlan, games: Games, outputs: Outputs) -> None:
        super().__init__("l2_challenger", POLL_S)
        self.games = games
        self.outputs = outputs
        self.clock_s = plan.game_clock_s
        self.block_s = plan.l1_block_s
        self.sender = Sender(games.l1, account("challenger"), plan.l1_chain_id)
        self.attacks = 0
        self._plays: dict[str, Play] = {}
        self._over: set[str] = set()

    async def step(self) -> None:
        """One look at every game that is not resolved."""
        head = await self.games.l1.rpc("eth_getBlockByNumber", "latest", False)
        height, now = int(head["number"], 16), int(head["timestamp"], 16)
        for game in await self.games.refresh():
            if game.address in self._over:
                continue
            standing = await self.games.standing(game)
            if standing.status is not Status.IN_PROGRESS:
                if now > standing.resolved_at + self.clock_s:
                    self._over.add(game.address)
                continue
            play = self._plays.setdefault(game.address, Play())
            await self._attack(game, play)
            if height >= play.resolving_at + RETRY_AFTER_L1_BLOCKS:
                await self._resolve(game, standing, play, height)

    async def _attack(self, game: Game, play: Play) -> None:
        if play.attacked:
            return
        output = await self.outputs.at(game.l2_block)
        honest = output is not None and output.root == game.root
        if honest != (self.lie == "attack-honest") or self.lie == "ignore-wrong-root":
            return
        contract = Contract(op("FaultDisputeGame"), game.address)
        bond = await contract.read(self.games.l1, "getRequiredBond", ATTACK_POSITION)
        counter = keccak256(b"counter" + game.root)
        move = contract.encode("attack", game.root, 0, counter)
        await self.sender.send(game.address, move, value=bond, gas=MOVE_GAS)
        play.attacked = True
        self.attacks += 1

    async def _resolve(self, game: Game, standing: Standing, play: Play, height: int) -> None:
        """Resolves the claims, children first, once the next block finds all clocks run down."""
        contract = Contract(op("FaultDisputeGame"), game.address)
        claims = [(index,) for index in reversed(range(standing.claims))]
        played = await contract.read_many(self.games.l1, "getChallengerDuration", claims)
        if min(played) + self.block_s < self.clock_s or (play.attacked and len(claims) < 2):
            return
        play.resolving_at = height
        for (index,) in claims:
            await self.sender.send(
                game.address, contract.encode("resolveClaim", index, 0), gas=MOVE_GAS
            )
        await self.sender.send(game.address, contract.encode("resolve"), gas=MOVE_GAS)
