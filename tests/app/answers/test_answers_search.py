"""Search by what is copied from a screen: roots, claims, addresses, and names cut short."""

from pathlib import Path

from answers_scene import BATCHER, L1, L2, Dialled, with_answers

from layerkeep.app.answers import Answers
from layerkeep.app.answers.names.seeking import Cut, cut_of
from layerkeep.core.facts import ClaimCovers, Claimed, Sent, Token
from layerkeep.core.units import SECOND, Address

GAME = "0x" + "9a" * 20
ROOT, ASSERTION, SEND_ROOT = ("0x" + pair * 32 for pair in ("0d", "0e", "0f"))
MESSAGE = "0x7be1" + "5" * 56 + "30ca"
TX = "0x8cf2" + "6" * 56 + "41db"
ANN, BOB, COIN = ("0x" + pair * 20 for pair in ("1a", "2b", "3c"))
PORTAL = "0x" + "1" * 40


async def story(daemon: Dialled) -> None:
    """A claim of each child, and a deposit of a token."""
    token = Token(Address(COIN), 1_500_000)
    sent = Sent("op_stack.deposit", MESSAGE, (f"l2/tx/{MESSAGE}",), L1, L2, ANN, BOB, token=token)
    game = f"l2/game/{GAME}"
    daemon.time += 9 * SECOND
    await daemon.tell(L1, sent, tx=TX)
    made = Claimed(game, "l2/claims", root=ROOT)
    await daemon.tell(L1, made, ClaimCovers(game, 1234, "l2/claims"), tx="0x" + "51" * 32)
    asserted = Claimed(ASSERTION, "l3/assertions", root=SEND_ROOT)
    await daemon.tell(L2, asserted, tx="0x" + "52" * 32)
    await daemon.write_rows()


def searched(tmp_path: Path, *texts: str, forget: bool = False) -> list[list[tuple[str, str, str]]]:
    """What each text finds: kinds, names and what matched; from the store alone if asked."""

    async def body(daemon: Dialled, answers: Answers):
        await story(daemon)
        if forget:
            daemon.engine.view.messages.clear()
        return [await answers.search(text) for text in texts]

    found = with_answers(tmp_path / "s.sqlite", body)
    return [[(each.kind, each.name, each.matched) for each in hits] for hits in found]


def test_search__of_a_claim__finds_it_by_its_root_and_by_its_name(tmp_path: Path):
    """An output's root, an assertion's hash and the root of its sends, a game's address."""
    game = ("claim", f"l2/game/{GAME}")
    texts = (ROOT, f" {ROOT.upper()} ", GAME, ASSERTION, SEND_ROOT, f"{ROOT[:6]}…{ROOT[-4:]}")

    assert [
        [(*game, "root")],
        [(*game, "root")],
        [(*game, "claim")],
        [("claim", ASSERTION, "claim")],
        [("claim", ASSERTION, "root")],
        [(*game, "root")],
    ] == searched(tmp_path, *texts)


def test_search__of_a_claim__says_of_which_chain_and_where_it_stands(tmp_path: Path):
    """That is what leads to its row on the chain's page."""

    async def body(daemon: Dialled, answers: Answers):
        await story(daemon)
        (found,) = await answers.search(ROOT)
        claims = await answers.claims(found.chain, found.height + 1, 5)
        return found, [each.root for each in claims]

    found, roots = with_answers(tmp_path / "s.sqlite", body)
    assert ("l2", 9) == (found.chain, found.height)
    assert [ROOT] == roots


def test_search__of_an_address__finds_its_messages_or_its_component(tmp_path: Path):
    """Whoever sent, whom it was for, what it carried; a contract or an actor of the topology."""
    texts = (ANN, BOB, COIN, BATCHER.upper().replace("0X", "0x"), PORTAL, "0x" + "77" * 20)
    (ann, bob, coin, batcher, portal, rollup) = searched(tmp_path, *texts)

    assert [("messages", ANN, "sender")] == ann
    assert [("messages", BOB, "recipient")] == bob
    assert [("messages", COIN, "token")] == coin
    assert [("component", "batcher:l2", BATCHER)] == batcher
    assert [("component", "bridge:l2", PORTAL)] == portal
    assert [("component", "bridge:l3")] == [each[:2] for each in rollup]


def test_search__of_what_is_cut_short__reads_the_store_too(tmp_path: Path):
    """As explorers and the console cut; by first digits; of who sent; and none where none is."""
    texts = ("0x7be1…30ca", "0x7be155", "0x7be1555…", "0x1a1a…1a1a", "0x3c3c...3c3c", "0x7be1…30cb")
    (cut, first, dotted, ann, coin, none) = searched(tmp_path, *texts, forget=True)

    assert [("journey", MESSAGE, MESSAGE)] == cut == first == dotted
    assert [("messages", ANN, "sender")] == ann
    assert [("messages", COIN, "token")] == coin
    assert [] == none


def test_search__of_a_transaction_cut_short__finds_what_is_open(tmp_path: Path):
    """The transaction that sent a message still on its way."""
    (found,) = searched(tmp_path, "0x8cf2…41db")

    assert [("journey", MESSAGE, "transaction on l1")] == found


def test_search__of_a_transaction_cut_short__finds_what_has_finished(tmp_path: Path):
    """From the store: as if all of it had been typed, whatever it did."""
    whole = "0x" + "51" * 32
    texts = ("0x8cf26666", "0x8cf2…41db", "0x515151515", whole, "0x8cf26667")
    (first, both, claimed, typed, none) = searched(tmp_path, *texts, forget=True)

    assert [("journey", MESSAGE, "transaction on l1")] == first == both
    assert [("facts", whole, "transaction on l1")] == claimed == typed
    assert [] == none


def test_cut__of_a_word__is_six_digits_or_both_ends():
    """Fewer digits, whole addresses and other words are none."""
    assert Cut("0x123456") == cut_of("0x123456") == cut_of("0x123456…")
    assert Cut("0x1234", "cd") == cut_of("0x1234…cd") == cut_of("0x1234..cd")
    for word in ("0x12345", "0x1234…", "1234567", ANN, ROOT, "0x1234…xy", "l2"):
        assert cut_of(word) is None, word
