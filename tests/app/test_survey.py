"""The survey: one batch for each upstream, compared at one height; who is dead delays nobody."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from layerkeep.app.integrity.survey import CLIENT, FINAL_EVERY, SUSPECTED, Known, Survey
from layerkeep.core.errors import RpcLimited, RpcRefused
from layerkeep.core.facts import NodesSeen, NodeState
from layerkeep.core.units import HOUR, SECOND, ChainName, Duration, Timestamp
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.rpc.pool import Pool
from layerkeep.edge.rpc.wire import Reply

L2 = ChainName("l2")
NOW = Timestamp(1_700_000_000_000)


def block_hash(name: str, height: int) -> str:
    """A block's hash, the same for all of one name."""
    return "0x" + (name.encode().hex() + f"{height:x}").zfill(64)


class Node:
    """An upstream: `parts_at` is the first block that is its own alone."""

    def __init__(self, name: str, head: int = 100, parts_at: int = 10**9) -> None:
        self.name = name
        self.head = head
        self.parts_at = parts_at
        self.chain_id = "0x7"
        self.fault: Exception | None = None
        self.hangs = False
        self.state = "0x1"
        self.batches: list[list[str]] = []

    async def batch(self, calls: Any) -> list[Reply]:
        """Answer like a node, or not."""
        self.batches.append([call.method for call in calls])
        if self.hangs:
            await asyncio.sleep(3600)
        if self.fault:
            raise self.fault
        return [Reply(msgspec.json.encode(self.answer(call))) for call in calls]

    def answer(self, call: Any) -> Any:
        """The result of one call."""
        if call.method == "eth_chainId":
            return self.chain_id
        if call.method == "web3_clientVersion":
            return f"client of {self.name}"
        tag = call.params[0]
        height = self.head if tag == "latest" else int(tag, 16)
        if height > self.head:
            return None
        owner = self.name if height >= self.parts_at else "all"
        return {
            "number": hex(height),
            "hash": block_hash(owner, height),
            "parentHash": block_hash(owner, height - 1),
            "stateRoot": self.state,
            "timestamp": "0x1",
            "logsBloom": "0x",
            "transactions": [],
        }


def surveyed(nodes: list[Node], body: Callable[[Survey], Any], **options: Any) -> Any:
    """Run with a survey of these nodes."""

    async def run() -> Any:
        pool = Pool(L2, 7, Counts())
        for node in nodes:
            pool.add(node)  # type: ignore[arg-type]
        return await body(Survey(L2, pool, Duration(2 * SECOND), **options))

    return asyncio.run(run())


def says(fact: Any) -> NodesSeen:
    """What a look says."""
    assert isinstance(fact.says, NodesSeen)
    return fact.says


def test_look__two_nodes__costs_one_batch_each_and_compares_a_common_height():
    """The first look learns the heads, the second compares some blocks below the lowest."""
    nodes = [Node("a", 100), Node("b", 98)]

    async def body(survey: Survey) -> None:
        first, second = says(await survey.look(NOW)), says(await survey.look(NOW))

        assert -1 == first.height
        assert [100, 98] == [node.head for node in first.nodes]
        assert ["client of a", "client of b"] == [node.client for node in second.nodes]
        assert 94 == second.height
        assert {block_hash("all", 94)} == {node.hash for node in second.nodes}
        assert [2, 2] == [len(node.batches) for node in nodes]
        assert {"a": 2, "b": 2} == survey.pool.sampled

    surveyed(nodes, body)


def test_pool__asked_in_vain__counts_why():
    """Silence, a refusal, a wish for less and another chain each have their word, once a look."""
    nodes = [Node("well"), Node("hangs"), Node("refuses"), Node("limits"), Node("elsewhere")]
    nodes[1].hangs, nodes[4].chain_id = True, "0x8"
    nodes[2].fault, nodes[3].fault = RpcRefused("refuses: no"), RpcLimited("limits: less", None)

    async def body(survey: Survey) -> Counter[tuple[str, str]]:
        survey.every = Duration(100)
        await survey.look(NOW)
        return survey.pool.counts.failures

    expected = {
        ("hangs", "timeout"): 1,
        ("refuses", "refused"): 1,
        ("limits", "limited"): 1,
        ("elsewhere", "lied"): 1,
    }
    assert expected == surveyed(nodes, body)


def test_look__within_an_hour__asks_for_the_client_once():
    """Software does not change by the minute."""
    node = Node("a")

    async def body(survey: Survey) -> None:
        for passed in (0, 1, HOUR - 1, HOUR):
            await survey.look(Timestamp(NOW + passed))

        assert [True, False, False, True] == [CLIENT.method in each for each in node.batches]

    surveyed([node], body)


def test_look__one_hangs_and_one_refuses__tells_why_and_waits_no_longer_than_its_patience():
    """The others' answers are there before the next look; a busy node is not put off for it."""
    nodes = [Node("a"), Node("b"), Node("c")]
    nodes[1].hangs, nodes[2].fault = True, RpcRefused("c: not reachable")

    async def body(survey: Survey) -> None:
        async with asyncio.timeout(survey.every / 1000):
            found = says(await survey.look(NOW))

        assert [True, False, False] == [node.answering for node in found.nodes]
        assert "no answer in" in found.nodes[1].reason
        assert "c: not reachable" == found.nodes[2].reason
        assert survey.pool.standings()[1].is_usable

    surveyed(nodes, body)


def test_look__a_node_that_is_back__may_be_asked_at_once():
    """Our own patience with it ends with its first answer."""
    node = Node("a")
    node.fault = RpcRefused("a: not reachable")

    async def body(survey: Survey) -> None:
        for _ in range(9):
            await survey.look(NOW)
        assert not survey.pool.standings()[0].is_usable
        node.fault = None
        assert says(await survey.look(NOW)).nodes[0].answering
        assert survey.pool.standings()[0].is_usable

    surveyed([node], body)


def test_look__asked_for_fewer_requests__leaves_that_node_alone():
    """Who names a time to wait is not asked before."""
    node = Node("a")
    node.fault = RpcLimited("a: too many", Duration(60 * SECOND))

    async def body(survey: Survey) -> None:
        await survey.look(NOW)
        found = says(await survey.look(NOW))

        assert 1 == len(node.batches)
        assert "a: too many" == found.nodes[0].reason

    surveyed([node], body)


def test_look__another_chains_node__is_not_answering():
    """Its blocks are nobody's fork."""
    nodes = [Node("a"), Node("b", parts_at=0)]
    nodes[1].chain_id = "0x8"

    async def body(survey: Survey) -> None:
        await survey.look(NOW)
        found = says(await survey.look(NOW))

        assert [True, False] == [node.answering for node in found.nodes]
        assert "wrong-chain-id" in found.nodes[1].reason

    surveyed(nodes, body)


def test_look__a_node_far_behind__does_not_decide_what_is_compared():
    """It has no block there, and no say."""
    nodes = [Node("a", 10_000), Node("b", 9_999), Node("c", 12)]

    async def body(survey: Survey) -> None:
        await survey.look(NOW)
        found = says(await survey.look(NOW))

        assert 9_995 == found.height
        assert "" == found.nodes[2].hash

    surveyed(nodes, body)


def test_run__a_fork__is_told_with_the_first_block_that_differs():
    """The search goes on between looks; once they agree again it is over, and may begin anew."""
    nodes = [Node("a"), Node("b"), Node("c", parts_at=37)]
    seen: list[NodesSeen] = []

    async def body(survey: Survey) -> None:
        stop = asyncio.Event()
        survey.every = Duration(100)

        async def tell(fact: Any) -> None:
            seen.append(says(fact))
            if len(seen) == 5:
                nodes[2].parts_at = 10**9
            if len(seen) == 7:
                nodes[2].parts_at = 60
            if len(seen) == 11:
                stop.set()

        await survey.run(stop, lambda: NOW, tell)

    surveyed(nodes, body)
    told = [each.parted for each in seen]

    assert [-1, -1] == told[:2]
    assert 37 == told[4]
    assert -1 == told[6]
    assert 60 == told[10]


def test_look__now_and_then__compares_the_finalized_block():
    """A fork that is older than anybody's window is found too."""
    nodes = [Node("a"), Node("b")]

    async def body(survey: Survey) -> list[int]:
        return [says(await survey.look(NOW)).height for _ in range(FINAL_EVERY + 1)]

    heights = surveyed(nodes, body, known=Known(finalized=lambda: 50))

    assert [-1] + [96] * (FINAL_EVERY - 2) + [50, 96] == heights


def test_look__at_the_only_upstream__asks_nothing():
    """The follower knows already; there is nobody to compare it with."""
    known = NodeState("a", True, 7)
    node = Node("a")

    async def body(survey: Survey) -> None:
        fact = await survey.look(NOW)
        assert (-1, (known,)) == (says(fact).height, says(fact).nodes)

    surveyed([node], body, known=Known(alone=lambda _now: known))
    assert [] == node.batches


def test_look__at_who_contradicts_the_others__is_told_to_who_believes_it():
    """With every look that shows it, and once more when it has not lied for a while."""
    nodes, told, looks = [Node("a"), Node("b"), Node("c")], [], []
    nodes[1].state = "0x2"

    async def body(survey: Survey) -> None:
        stop, survey.every = asyncio.Event(), Duration(1)

        async def tell(_seen: Any, *lies: Any) -> None:
            looks.append(len(lies))
            if sum(looks) == 2:
                nodes[1].state = "0x1"
            if len(looks) == 20:
                stop.set()

        await survey.run(stop, lambda: NOW, tell)

    known = Known(distrust=lambda name: told.append((len(looks), name)))
    surveyed(nodes, body, known=known)
    last = looks.index(0, 1)
    assert [(last - 1, "b"), (last, "b"), (last + SUSPECTED, "b")] == told
