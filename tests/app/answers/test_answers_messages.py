"""Messages, panels and routes of a running daemon, and what the command line says of the same."""

import pytest
from answers_scene import L1, L2, START, with_answers

from layerkeep.api.shapes.messages import MessageFilter
from layerkeep.api.source import BadCursor
from layerkeep.app.answers.listing import BadQuery, cursor_at
from layerkeep.app.answers.messages import Messages
from layerkeep.app.answers.stages import fill_of
from layerkeep.cli.messages import as_shown, wanted_by
from layerkeep.core.errors import SettingsError
from layerkeep.core.facts import Described, Reached, Sent, Token
from layerkeep.core.units import DAY, HOUR, MINUTE, SECOND
from layerkeep.edge.plugins import load_adapters
from layerkeep.edge.store.reading import message_rows

WEI = 2**70
TOKEN = "0x" + "c" * 40


def hashed(number):
    """A hash."""
    return f"0xab{number:062x}"


def deposit(number, value=WEI):
    """A deposit of so much."""
    keys = (f"l2/msg/{hashed(number)}",)
    return Sent("op_stack.deposit", hashed(number), keys, L1, L2, "0xaa", "0xbb", value=value)


def executed(number):
    """It took effect."""
    return Reached(f"l2/msg/{hashed(number)}", "executed", executes=True)


async def some_messages(daemon):
    """One is executed, one carries a token and is overdue, one is late, one is new."""
    await daemon.tell(L1, deposit(1), deposit(2, 5), tx=hashed(101))
    daemon.time += 60 * SECOND
    await daemon.tell(L2, executed(1), tx=hashed(201))
    await daemon.tell(L1, Described(f"l2/msg/{hashed(2)}", Token(TOKEN, 2**200)), tx=hashed(102))
    daemon.time += 25 * MINUTE
    await daemon.tell(L1, deposit(3, 7), tx=hashed(103))
    daemon.time += 10 * MINUTE
    await daemon.tell(L1, deposit(4, 9), tx=hashed(104))
    await daemon.write_rows()


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ({}, [4, 3, 2, 1]),
        ({"source": "l2"}, []),
        ({"target": "l2"}, [4, 3, 2, 1]),
        ({"via": "l1"}, [4, 3, 2, 1]),
        ({"via": "l3"}, []),
        ({"kind": "op_stack.withdrawal"}, []),
        ({"stage": "executed"}, [1]),
        ({"state": "open"}, [4, 3, 2]),
        ({"state": "late"}, [3]),
        ({"state": "overdue"}, [2]),
        ({"state": "finished"}, [1]),
        ({"state": "failed"}, []),
        ({"token": TOKEN.upper().replace("X", "x")}, [2]),
        ({"sender": "0xAA"}, [4, 3, 2, 1]),
        ({"recipient": "0xcc"}, []),
        ({"older": 5 * MINUTE, "state": "open"}, [3, 2]),
        ({"value_min": str(WEI)}, [1]),
        ({"reason": "no-such"}, []),
        ({"incident": "abcdef"}, []),
        ({"sort": "value"}, [2, 3, 4, 1]),
        ({"sort": "due"}, [2, 3, 4, 1]),
        ({"sort": "-due"}, [4, 3, 2, 1]),
    ],
)
def test_messages__by_each_filter__are_those_that_match(tmp_path, asked, meant):
    """In order, counted, and with what they carry."""

    async def body(daemon, _answers):
        await some_messages(daemon)
        page = await Messages(daemon).messages(MessageFilter(**asked), "", 10)
        assert [hashed(each) for each in meant] == [each.id for each in page.items]
        assert (len(meant), "") == (page.total, page.cursor)

    with_answers(tmp_path / "s.sqlite", body)


def test_messages__of_each_state__say_so_in_full(tmp_path):
    """Fill, state, limits and exact amounts are those of the lifecycle and the facts."""

    async def body(daemon, _answers):
        await some_messages(daemon)
        page = await Messages(daemon).messages(MessageFilter(sort="sent"), "", 10)
        ended, overdue, late, new = page.items
        assert ["finished", "overdue", "late", "usual"] == [each.state for each in page.items]
        assert ("full", str(WEI), "", "0") == (ended.fill, ended.value, ended.token, ended.amount)
        assert ("hollow", TOKEN, str(2**200)) == (overdue.fill, overdue.token, overdue.amount)
        assert (START, START + 30 * MINUTE, "sequencer") == (overdue.since, overdue.due, late.duty)
        assert new.eta is not None and new.since < new.eta
        amounts = {each.token: each.amount for each in page.amounts}
        assert {"": str(WEI + 5 + 7 + 9), TOKEN: str(2**200)} == amounts

    with_answers(tmp_path / "s.sqlite", body)


def test_messages__behind_an_incident__are_found_by_it_and_by_their_reason(tmp_path):
    """A problem of the engine's says which messages it holds up."""

    async def body(daemon, _answers):
        await daemon.pass_time(3)
        await some_messages(daemon)
        await daemon.pass_time(30)
        problems = [p for p in daemon.engine.watch.problems.values() if p.subject == hashed(2)]
        incident = next(
            each.id
            for each in daemon.engine.incidents.open.values()
            if any(m.problem.subject == hashed(2) for m in each.members.values())
        )
        messages, reason = Messages(daemon), problems[0].reason
        for asked in ({"incident": incident}, {"reason": reason}):
            page = await messages.messages(MessageFilter(**asked), "", 10)
            assert [hashed(2)] == [each.id for each in page.items]
            assert (reason, incident) == (page.items[0].reason, page.items[0].incident)
        both = await messages.waiting(5)
        assert [hashed(3), hashed(2)] == [each.id for each in both]

    with_answers(tmp_path / "s.sqlite", body)


def test_cursor__of_another_query__is_refused(tmp_path):
    """So is one that nobody gave; the right one goes on behind the last message."""

    async def body(daemon, _answers):
        await some_messages(daemon)
        messages, wanted = Messages(daemon), MessageFilter(via="l2")
        first = await messages.messages(wanted, "", 3)
        rest = await messages.messages(wanted, first.cursor, 3)
        assert ([hashed(1)], "") == ([each.id for each in rest.items], rest.cursor)
        forged = cursor_at(MessageFilter(sort="value"), (0, 7, 7))
        for other, cursor in (
            (MessageFilter(), first.cursor),
            (wanted, "x"),
            (wanted, first.cursor[:-3]),
            (wanted, "é" * 20),
            (MessageFilter(sort="value"), forged),
        ):
            with pytest.raises(BadCursor):
                await messages.messages(other, cursor, 3)
        for wrong in (
            MessageFilter(sort="id"),
            MessageFilter(state="lost"),
            MessageFilter(value_min="1e3"),
        ):
            with pytest.raises(BadQuery):
                await messages.messages(wrong, "", 3)

    with_answers(tmp_path / "s.sqlite", body)


def test_panels__count_what_rests_and_what_ended_today(tmp_path):
    """Late and overdue apart, with band, budget and a histogram; a filter narrows all of it."""

    async def body(daemon, _answers):
        await some_messages(daemon)
        messages = Messages(daemon)
        waiting, ended = await messages.panels(MessageFilter())
        assert ("initiated", 3, 1, 1) == (
            waiting.stage,
            waiting.count,
            waiting.late,
            waiting.overdue,
        )
        assert (START, 30 * MINUTE) == (waiting.oldest, waiting.budget)
        assert [(SECOND, False), (15 * MINUTE, False), (HOUR, True)] == [
            (each.until, each.overdue) for each in waiting.buckets
        ]
        assert (60 * SECOND, 60 * SECOND) == (waiting.usual_low, waiting.usual_high)
        assert (True, 1, "full") == (ended.final, ended.count, ended.fill)
        (alone,) = await messages.panels(MessageFilter(token=TOKEN))
        assert (1, 1) == (alone.count, alone.overdue)
        daemon.time += DAY + HOUR
        later = await messages.panels(MessageFilter())
        assert [("initiated", 3), ("executed", 0)] == [(e.stage, e.count) for e in later]

    with_answers(tmp_path / "s.sqlite", body)


def test_routes__of_every_bridge__tell_flow_and_way(tmp_path):
    """Two for each bridge; what finished in the last hour is the flow."""

    async def body(daemon, _answers):
        await some_messages(daemon)
        routes = await Messages(daemon).routes()
        assert [("l1", "l2"), ("l2", "l1"), ("l2", "l3"), ("l3", "l2")] == [
            (each.source, each.target) for each in routes
        ]
        down = routes[0]
        assert (3, 1, 1, 1) == (down.open, down.overdue, down.finished, down.finished_per_hour)
        assert (60 * SECOND, "initiated") == (down.eta, down.slowest)
        daemon.time += 2 * HOUR
        assert 0 == (await Messages(daemon).routes())[0].finished_per_hour

    with_answers(tmp_path / "s.sqlite", body)


def test_fill__of_every_stage__rises_along_the_happy_path():
    """Nothing final is less than full, and no step makes a message less final."""
    fills = {"hollow": 0, "quarter": 1, "half": 2, "full": 3}
    for adapter in load_adapters().values():
        for lifecycle in adapter.lifecycles:
            found = [fills[fill_of(lifecycle, name)] for name in lifecycle.happy]
            assert (sorted(found), 3) == (found, found[-1])
    withdrawal = load_adapters()["op_stack"].lifecycles[1]
    assert ["hollow", "quarter", "half", "full"] == [
        fill_of(withdrawal, name) for name in withdrawal.happy
    ]


def test_row__that_a_token_was_told_of_later__knows_it_although_it_did_not_move(tmp_path):
    """More is known of a message in the same stage: its row is written again."""

    async def body(daemon, _answers):
        await daemon.tell(L1, deposit(1), tx=hashed(101))
        await daemon.write_rows()
        await daemon.tell(L1, Described(f"l2/msg/{hashed(1)}", Token(TOKEN, 3)), tx=hashed(102))
        await daemon.write_rows()
        page = await Messages(daemon).messages(MessageFilter(), "", 10)
        assert [(TOKEN, "3")] == [(each.token, each.amount) for each in page.items]

    with_answers(tmp_path / "s.sqlite", body)


FLAGS = {"route": "", "open_only": False, "older": "", "state": None, "source": "", "target": ""}


def test_flags__of_the_command__make_the_same_filter():
    """A route is its two ends, `--open` a state; what contradicts itself is refused."""
    asked = wanted_by({**FLAGS, "route": "l2->l1", "open_only": True, "older": "2h"})

    assert MessageFilter(source="l2", target="l1", state="open", older=2 * HOUR) == asked
    for wrong in ({"route": "l2"}, {"route": "l2->l1", "source": "l3"}):
        with pytest.raises(SettingsError):
            wanted_by({**FLAGS, **wrong})


def test_json__of_a_row__has_amounts_as_text(tmp_path):
    """Above 2**64 a number is no JSON number any more."""

    async def body(daemon, _answers):
        await some_messages(daemon)
        shown = [as_shown(row) for row in await message_rows(daemon.store)]
        assert [str(WEI), "5"] == [shown[-1]["value"], shown[-2]["value"]]

    with_answers(tmp_path / "s.sqlite", body)
