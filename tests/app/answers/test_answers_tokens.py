"""Messages say what their tokens are called where the topology knows it."""

from pathlib import Path

from answers_scene import L1, L2, TEXT, Dialled, with_answers

from layerkeep.api.shapes.messages import MessageFilter
from layerkeep.app.answers import Answers
from layerkeep.core.facts import Sent, Token
from layerkeep.core.units import Address

COIN, OTHER = "0x" + "3c" * 20, "0x" + "4d" * 20
NAMED = f'{TEXT}\n[tokens."{COIN}"]\nsymbol = "USDC"\ndecimals = 6\n'


def test_messages__of_a_named_and_another_token__say_what_is_known(tmp_path: Path):
    """In lists, sums and journeys alike; what is not known stays out."""

    async def body(daemon: Dialled, answers: Answers):
        sent = [
            Sent(
                *("op_stack.deposit", f"0xab{number:062x}", (f"l2/tx/0x{number:064x}",), L1, L2),
                *("0xaa", "0xbb"),
                token=Token(Address(coin), 2_500_000),
            )
            for number, coin in enumerate((COIN, OTHER))
        ]
        await daemon.tell(L1, *sent)
        await daemon.write_rows()
        page = await answers.messages(MessageFilter(sort="sent"), "", 5)
        (journey,) = await answers.journeys(sent[0].message)
        return page, journey

    page, journey = with_answers(tmp_path / "s.sqlite", body, NAMED)
    expected = {COIN: ("USDC", 6), OTHER: ("", None)}

    assert expected == {each.token: (each.symbol, each.decimals) for each in page.items}
    assert (
        expected.items()
        <= {each.token: (each.symbol, each.decimals) for each in page.amounts}.items()
    )
    assert ("USDC", 6) == (journey.hops[0].message.symbol, journey.hops[0].message.decimals)
