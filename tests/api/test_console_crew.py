"""Pages of people and runs: what they say in each state, and to whom they offer what."""

import re

import pytest
from msgspec.structs import replace
from scenes import NOW
from scenes_crew import RUN, run_scene
from scenes_transfers import Transfers, drawn
from test_console_pages import Elements

from layerkeep.api.console.answering import PERSONAL
from layerkeep.api.shapes.runs import HaltShown, RunStepShown

HOSTILE = "<script>alert(1)</script>"
RUN_PATH = f"/runs/{RUN}"
PATHS = (
    *("/runs", RUN_PATH, "/runbooks", "/runbooks/fund-actor", "/oncall", "/owners", "/pages"),
    "/incidents/7f3a91c0ffee",
)
ASKING = ("awaiting", "approved")


def shown(path, change=None, **place):
    """The page over the morning, whose crew was changed."""
    source = Transfers()
    if change is not None:
        change(source.crew)
    return drawn(path, source, **place)


def run(path=RUN_PATH, who="the-operator", role="operator", page=None, **changes):
    """The page of a run in another state."""

    def change(crew):
        crew.shown = replace(run_scene(NOW, **changes), **(page or {}))

    return shown(path, change, who=who, role=role)


def plain(html):
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_page__of_people_or_runs__has_no_inline_script_or_style_and_each_id_once(path, role):
    """The policy of the page holds, and every part can be replaced by its id."""
    found = Elements(shown(path, role=role, who=f"the-{role}"))
    ids = [attributes["id"] for _, attributes in found.found if "id" in attributes]

    assert [] == found.inline
    assert sorted(set(ids)) == sorted(ids)
    for tag, attributes in found.found:
        assert "style" not in attributes, tag
        assert [] == [name for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_page__for_who_only_reads__has_no_form_that_writes(path, role):
    """What they may not send is not offered; operators have it where there is something to do."""
    html = shown(path, role=role, who=f"the-{role}")
    posts = [a for tag, a in Elements(html).found if tag == "form" and a.get("method") == "post"]
    writes = [each["action"] for each in posts if each["action"] != "/theme"]

    if role == "viewer":
        assert [] == writes
    else:
        assert bool(writes) is (path in ("/runs", RUN_PATH) or path.startswith("/incidents"))


@pytest.mark.parametrize(
    ("who", "role", "says", "may"),
    [
        ("the-operator", "operator", "Agree as bob", True),
        ("the-viewer", "viewer", "It takes the role operator", False),
        ("nobodys", "operator", "Your token is nobody", False),
    ],
)
def test_run__that_asks__offers_to_agree_to_those_who_may(who, role, says, may):
    """By their own name; and denying needs a reason."""
    html = run(who=who, role=role)

    assert says in plain(html)
    assert may is (f'action="{RUN_PATH}/approve"' in html)
    assert "bob" in plain(html) or not may


def test_run__that_they_proposed_or_agreed_to__is_for_others_to_agree_to():
    """The proposer never agrees, and nobody twice; both may still say no."""
    mine = run(proposed_by="bob")
    again = run(page={"approvals": (replace(run_scene(NOW).approvals[0], person="bob"),)})

    assert "You proposed it, so somebody else has to agree." in plain(mine)
    assert "You agreed already" in plain(again)
    for html in (mine, again):
        assert f'action="{RUN_PATH}/approve"' not in html
        assert f'action="{RUN_PATH}/deny"' in html


def test_run__that_takes_an_admin__is_not_offered_to_an_operator():
    """The role that the runbook names decides."""
    assert f'action="{RUN_PATH}/approve"' not in run_with_role("operator")
    assert f'action="{RUN_PATH}/approve"' in run_with_role("admin")


def run_with_role(role):
    """The page of a run that takes an admin, for a role."""

    def change(crew):
        crew.shown = run_scene(NOW, role="admin")

    return shown(RUN_PATH, change, who=f"the-{role}", role=role)


def test_run__that_asks__shows_what_is_decided():
    """The calldata read back, its worth, the dry run, the way back, until when a yes counts."""
    words = plain(run())

    for said in (
        "argument 1 address 0xcdcd",
        "2000000000000000000 wei, 2.00 ETH",
        "dry run, done: it would work",
        "way back return",
        "dan, 1 of 2",
        "59 m 00 s left",
    ):
        assert said in words
    bare = plain(run(page={"way_back": ()}))
    assert "none: what is done stays done" in bare
    assert "It has no way back" in bare


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("proposed", "its preconditions are looked at"),
        ("preflight", "its steps are rehearsed"),
        ("awaiting", "Fund an actor: 1 of 2 agreed"),
        ("approved", "approved, waits for start"),
        ("executing", "pay is under way"),
        ("way-back", "goes its way back"),
        ("done", "Fund an actor: done"),
        ("undone", "undone"),
        ("stopped", "stopped, a person must look"),
        ("refused", "refused, nothing was done"),
        ("denied", "denied, nothing was done"),
        ("expired", "expired, nothing was done"),
    ],
)
def test_run__in_any_state__says_it_first(state, says):
    """In its sentence; what is over offers nothing."""
    over = state not in ("proposed", "preflight", *ASKING, "executing", "way-back")
    html = run(state=state, step="pay", over=over)

    heading = plain(re.search(r"<h1>(.*?)</h1>", html).group(1))
    assert says in heading
    offers = 'method="post" action="/runs' in html
    assert offers is (state in ASKING)
    assert over is ("Nothing is asked any more." in html)


def test_run__that_asks_a_person_in_between__has_its_question_and_both_answers():
    """Yes goes on and no ends it: the buttons say so."""
    ask = RunStepShown(name="cause", kind="ask", action={"question": "Is the cause known?"})
    html = run(state="executing", step="cause", page={"steps": (ask,)})

    assert "Is the cause known?" in html
    assert 'name="answer" value="yes"' in html
    assert "No, end it" in html


def test_run__whose_reader_differs__is_never_rendered_for_another():
    """Its address is personal, so the stream of one is not the stream of all."""
    assert PERSONAL.match(RUN_PATH)
    assert [] == [path for path in PATHS if PERSONAL.match(path) and path != RUN_PATH]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?done=approve", "You agreed."),
        ("?first=approve", "Somebody was first"),
        ("?failed=not-possible", "Not done: it does not count now."),
        ("?failed=made-up", "This did not work."),
    ],
)
def test_run__after_a_form__says_what_became_of_it(query, says):
    """Done, first, or what did not happen."""
    assert says in shown(RUN_PATH + query, role="operator", who="the-operator")


def test_runs__halted__say_by_whom_and_offer_to_go_on():
    """On their list, on each run, and on the incident."""

    def change(crew):
        crew.halt_shown = HaltShown(on=True, by="carol", time=NOW - 60_000, reason="a release")

    html = shown("/runs", change, role="operator")

    assert "All runs are halted, says carol" in plain(html)
    assert 'action="/go"' in html
    assert 'action="/halt"' not in html
    for path in (RUN_PATH, "/incidents/7f3a91c0ffee"):
        assert "All runs are halted by carol" in plain(shown(path, change, role="operator"))


def test_incident__with_people__says_who_is_called_when_and_who_was_told():
    """The countdown, the levels, the owner, what was sent with its outcome, what can be run."""
    words = plain(shown("/incidents/7f3a91c0ffee", role="operator"))

    for said in (
        "carol in 4 m 12 s",
        "level 2 of 2, unless somebody takes it before",
        "owned by Infrastructure",
        "on call alice",
        "failed 3 tries chat answers 500",
        "1 of 2 agreed",
    ):
        assert said in words
    taken = plain(shown("/incidents/7f3a91c0ffee", lambda crew: setattr(crew, "due", None)))
    assert "Nobody any more: op-main lead has it" in taken
    assert "carol in" not in taken


def test_oncall__with_a_gap_now__says_it_first():
    """Nobody on call is the loudest; without rotations nothing is claimed."""
    calm = plain(shown("/oncall"))
    loud = plain(shown("/oncall", lambda crew: setattr(crew, "on_call", ())))
    clear = plain(shown("/oncall", lambda crew: setattr(crew, "findings", ())))

    assert "alice is on call 1 gap in the next four weeks, the first from 24 Nov" in calm
    assert "the clocks of its zones change apart" in calm
    assert "Nobody is on call for Infrastructure" in loud
    assert "No gap and no double booking." in clear


def test_owners__with_orphans__name_them_and_without_say_so():
    """An orphan has its own table and counts in the sentence."""
    words = plain(shown("/owners"))
    calm = plain(shown("/owners", lambda crew: setattr(crew, "orphans", ())))

    assert "1 component has rules that nobody owns" in words
    assert "integrity: nobody" in words
    assert "Everything has an owner" in calm
    assert "Every kind of rule on every component has an owner." in calm


def test_told__that_did_not_arrive__is_said_first():
    """Failed before unsure before calm; empty says what it means."""

    def only(state):
        return lambda crew: setattr(
            crew, "notices_shown", (replace(crew.notices_shown[1], state=state),)
        )

    assert "1 notice reached nobody" in plain(shown("/pages"))
    assert "nobody can tell whether it arrived" in plain(shown("/pages", only("unsure")))
    assert "Every notice that was needed" in plain(shown("/pages", only("sent")))
    assert "No notice arrived before it was needed no more" in plain(shown("/pages", only("moot")))
    empty = shown("/pages", lambda crew: setattr(crew, "notices_shown", ()))
    assert "Nobody was told anything." in empty


@pytest.mark.parametrize(
    "path", [RUN_PATH, "/runs", "/incidents/7f3a91c0ffee", "/pages", "/owners"]
)
def test_page__with_markup_in_what_people_wrote__shows_it_as_text(path):
    """Titles, notes, names, reasons and evidence are text."""

    def change(crew):
        step = replace(
            crew.shown.steps[0], note=HOSTILE, rehearsed=HOSTILE, evidence={HOSTILE: HOSTILE}
        )
        line = replace(crew.shown.run, title=HOSTILE, detail=HOSTILE, proposed_by=HOSTILE)
        crew.shown = replace(crew.shown, run=line, steps=(step,))
        crew.halt_shown = HaltShown(on=True, by=HOSTILE, reason=HOSTILE)
        crew.notices_shown = tuple(
            replace(each, subject=HOSTILE, detail=HOSTILE, person=HOSTILE)
            for each in crew.notices_shown
        )
        crew.owned = tuple(replace(each, owner=HOSTILE) for each in crew.owned)
        crew.on_call = (HOSTILE,)

    html = shown(path, change, role="operator", who="the-operator")

    assert HOSTILE not in html
    assert "&lt;script&gt;" in html
