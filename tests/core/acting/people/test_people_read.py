"""Reading people, teams, ownership and rotations: every way in which they can be wrong."""

import pytest
from network_text import TEAMS, read

from layerkeep.core.acting.oncall.model import Holiday, Override, Shift, Swap
from layerkeep.core.acting.people.model import Owns, Person, Team
from layerkeep.core.errors import TopologyError

ROTATION = """
[rotations.r]
kind = "weekly"
timezone = "Europe/Zurich"
starts = 2026-01-05
people = ["ann", "bob"]
"""
SUN = """
[rotations.r]
kind = "follow-the-sun"
timezone = "Europe/Zurich"
starts = 2026-01-05
"""
SPAN = "from = 2026-12-24T09:00:00+01:00, to = 2026-12-25T09:00:00+01:00"


def faults(*texts):
    """Everything that is wrong with these files."""
    with pytest.raises(TopologyError) as error:
        read(*texts)
    return str(error.value)


def test_people__left_out__are_nobody():
    """A topology needs no teams."""
    found = read()

    assert ({}, {}, ()) == (found.people.people, found.people.teams, found.people.owns)
    assert {} == found.oncall.rotations


def test_people_and_teams__declared__are_read_whole():
    """With the token that is theirs and the team behind."""
    text = """
    [api.tokens.ann]
    role = "operator"
    secret = "env:ANN"
    [people.ann]
    title = "Ann Example"
    timezone = "Europe/Zurich"
    token = "ann"
    contacts = { chat = "@ann", sms = "env:ANN_SMS" }
    [teams.ops]
    title = "Operations"
    people = ["ann"]
    rotation = "r"
    backup = "desk"
    [teams.desk]
    kind = "provider"
    people = ["ann"]
    [[owns]]
    team = "ops"
    [[owns]]
    team = "desk"
    component = "sequencer:*"
    chain = "l2"
    stack = "op_stack"
    rule = "integrity"
    severity = "critical"
    """
    people = read(text, ROTATION.replace('["ann", "bob"]', '["ann"]')).people

    contacts = {"chat": "@ann", "sms": "env:ANN_SMS"}
    assert Person("ann", "Ann Example", "Europe/Zurich", "ann", contacts) == people.people["ann"]
    assert Team("ops", "Operations", "in-house", ("ann",), "r", "desk") == people.teams["ops"]
    assert Team("desk", "", "provider", ("ann",)) == people.teams["desk"]
    special = Owns("desk", "sequencer:*", "l2", "op_stack", "integrity", "critical")
    assert (Owns("ops"), special) == people.owns


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[people.Ann]", "1.toml: people.Ann: found 'Ann', expected a name of lower-case"),
        ("[people]\nann = 1", "people.ann: found 1, expected a table"),
        ('[people.ann]\ntimezone = "Europe/Zurch"', "did you mean 'Europe/Zurich'?"),
        ('[people.ann]\ntimezon = "UTC"', "did you mean 'timezone'?"),
        ('[people.ann]\ntoken = "x"', "people.ann.token: found 'x', expected a name that is decl"),
        ("[people.ann]\ncontacts = { mail = 1 }", "people.ann.contacts.mail: found 1, expected"),
        ("[teams.ops]", "teams.ops.people: found nothing, expected a list"),
        ("[teams.ops]\npeople = []", "teams.ops.people: found nobody, expected at least one"),
        (TEAMS.replace('"bob"]', '"bbo"]'), "people[1]: found 'bbo', expected one of"),
        (TEAMS.replace('"bob"]', '"ann"]'), "people[1]: found ann again, expected each name once"),
        (TEAMS.replace('"provider"', '"extern"', 1), "teams.provider.kind: found 'extern'"),
        (TEAMS + 'rotation = "r"', "teams.provider.rotation: found 'r', expected a name that is"),
        (TEAMS + 'policy = "p"', "teams.provider.policy: found 'p', expected a name that is decl"),
        (TEAMS + 'backup = "opps"', "did you mean 'ops'?"),
        (TEAMS + 'backup = "provider"', "teams.provider.backup: found 'provider', expected one of"),
        (TEAMS + '[[owns]]\nteam = "opps"', "owns[0].team: found 'opps', expected one of"),
        (TEAMS + "[[owns]]", "owns[0].team: found nothing"),
        (
            TEAMS + '[[owns]]\nteam = "ops"\ncomponent = "sequencer:l3"',
            (
                "owns[0].component: found 'sequencer:l3', expected a component, or a glob that "
                "matches one, such as sequencer:*; did you mean 'sequencer:l2'?"
            ),
        ),
        (TEAMS + '[[owns]]\nteam = "ops"\nchain = "l9"', "owns[0].chain: found 'l9', expected"),
        (TEAMS + '[[owns]]\nteam = "ops"\nstack = "nitro"', "owns[0].stack: found 'nitro'"),
        (TEAMS + '[[owns]]\nteam = "ops"\nrule = "blnd"', "did you mean 'blind'?"),
        (TEAMS + '[[owns]]\nteam = "ops"\nseverity = "high"', "owns[0].severity: found 'high'"),
        (
            TEAMS + '[[owns]]\nteam = "ops"\n[[owns]]\nteam = "provider"',
            "owns[1]: found the same keys again, expected keys of its own; 1.toml: owns[0] has",
        ),
    ],
)
def test_people__declared_wrongly__are_told_with_file_and_key(text, told):
    """Found, expected and the nearest match."""
    assert told in faults(text)


def test_backups__in_a_circle__are_told_once():
    """However many teams are in it."""
    text = "".join(
        f'[teams.{one}]\npeople = ["ann"]\nbackup = "{two}"\n'
        for one, two in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"))
    )

    told = faults("[people.ann]\n" + text).splitlines()

    assert [
        (
            "1.toml: teams.a.backup: found a -> b -> c -> a, "
            "expected backups that end at a team without one"
        )
    ] == told


def test_token__of_two_people__is_a_fault():
    """Else one person could approve twice."""
    tokens = '[api.tokens.t]\nrole = "operator"\nsecret = "env:T"\n'

    told = faults(tokens + '[people.ann]\ntoken = "t"\n[people.bob]\ntoken = "t"')

    assert "people.bob.token: found 't', expected a token of their own; ann has this one" in told


def test_person__in_two_files__is_a_fault():
    """One file says who somebody is."""
    assert "2.toml: people.ann: found a second one, expected only the one in 1.toml" in faults(
        "[people.ann]", "[people.ann]"
    )


def test_rotation__declared__is_read_whole():
    """With everybody who stands in, from two files."""
    more = f"""
    [[rotations.r.overrides]]
    {SPAN.replace(", ", chr(10))}
    person = "desk"
    """
    text = (
        TEAMS
        + ROTATION
        + f"""
    handover = "17:30"
    overrides = [{{ {SPAN}, team = "provider" }}]
    swaps = [{{ {SPAN}, people = ["ann", "bob"] }}]
    holidays = [{{ on = 2026-12-25, until = 2026-12-26, person = "desk", instead_of = "ann" }}]
    """
    )
    found = read(text, more).oncall.rotations["r"]

    span = (1_798_099_200_000, 1_798_185_600_000)
    assert (1050, ("ann", "bob")) == (found.handover, found.people)
    assert (Override(*span, team="provider"), Override(*span, person="desk")) == found.overrides
    assert (Swap(*span, "ann", "bob"),) == found.swaps
    days = (739_975, 739_976)
    assert (Holiday(*days, "Europe/Zurich", person="desk", instead_of="ann"),) == found.holidays


def test_shifts__declared__are_read_whole():
    """In their own zones, by team or by people."""
    text = (
        TEAMS
        + SUN
        + """
    shifts = [
      { team = "ops", from = "08:00", to = "20:00" },
      { people = ["desk"], from = "20:00", to = "08:00", timezone = "Asia/Tokyo",
        days = ["mon", "sun"], turn = "daily" },
    ]
    """.replace(",\n        days", ", days")
    )
    found = read(text).oncall.rotations["r"].shifts

    night = Shift(1200, 480, "Asia/Tokyo", people=("desk",), days=(0, 6), turn="daily")
    assert (Shift(480, 1200, "Europe/Zurich", team="ops"), night) == found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[rotations.r]", "rotations.r.kind: found nothing"),
        ("[rotations.r]", "rotations.r.starts: found nothing, expected a date"),
        ("[rotations.R]", "rotations.R: found 'R', expected a name of lower-case"),
        (ROTATION.replace("weekly", "weekley"), "did you mean 'weekly'?"),
        (ROTATION.replace("Europe/Zurich", "Mars"), "rotations.r.timezone: found 'Mars'"),
        (ROTATION.replace('["ann", "bob"]', "[]"), "people: found nobody, expected at least one"),
        (ROTATION.replace('"bob"', '"bbo"'), "people[1]: found 'bbo', expected one of"),
        (ROTATION.replace("2026-01-05", '"soon"'), "starts: found 'soon', expected a date"),
        (
            ROTATION.replace("2026-01-05", "2026-01-05T00:00:00Z"),
            "starts: found 2026-01-05 00:00:00+00:00, expected a date such as",
        ),
        (ROTATION + 'handover = "9am"', "handover: found '9am', expected a time of day such as"),
        (ROTATION + 'handover = "24:00"', "handover: found '24:00'"),
        (ROTATION + "shifts = []", "shifts: found a key of other kinds"),
        (SUN, "shifts: found no shift, expected at least one"),
        (SUN + 'people = ["ann"]', "people: found a key of other kinds"),
        (SUN + 'shifts = [{ from = "1:00", to = "02:00", people = ["ann"] }]', "found '1:00'"),
        (SUN + 'shifts = [{ from = "01:00", to = "02:00" }]', "shifts[0]: found nobody"),
        (SUN + 'shifts = [{ from = "01:00", to = "02:00", team = "x" }]', "team: found 'x'"),
        (
            SUN + 'shifts = [{ from = "01:00", to = "02:00", team = "ops", people = ["ann"] }]',
            "shifts[0]: found both `team` and `people`",
        ),
        (
            SUN + 'shifts = [{ from = "01:00", to = "02:00", team = "ops", days = [] }]',
            "shifts[0].days: found no day",
        ),
        (ROTATION + f"overrides = [{{ {SPAN} }}]", "overrides[0]: found nobody"),
        (ROTATION + f'overrides = [{{ {SPAN}, person = "x" }}]', "overrides[0].person: found 'x'"),
        (
            ROTATION
            + "overrides = [{ from = 2026-12-24T09:00:00, to = 2026-12-25, person = 'ann' }]",
            "overrides[0].to: found datetime.date(2026, 12, 25), expected a date-time",
        ),
        (
            ROTATION + "overrides = [{ from = 2026-12-24T09:00:00, to = 2026-12-25T09:00:00Z }]",
            "overrides[0].from: found 2026-12-24 09:00:00, expected a date-time with its offset",
        ),
        (
            ROTATION + f'overrides = [{{ {SPAN.replace("12-25", "12-24")}, person = "ann" }}]',
            "overrides[0].to: found a moment that is not after `from`",
        ),
        (
            ROTATION + f'swaps = [{{ {SPAN}, people = ["ann"] }}]',
            "swaps[0].people: found 1 names, expected two people who take turns here",
        ),
        (
            ROTATION + f'swaps = [{{ {SPAN}, people = ["ann", "desk"] }}]',
            "swaps[0].people[1]: found 'desk', expected one of ann, bob",
        ),
        (
            ROTATION + 'holidays = [{ on = 2026-12-25, until = 2026-12-24, person = "ann" }]',
            "holidays[0].until: found a day before `on`",
        ),
        (ROTATION + 'holidays = [{ person = "ann" }]', "holidays[0].on: found nothing"),
    ],
)
def test_rotation__declared_wrongly__is_told_with_file_and_key(text, told):
    """Found, expected and the nearest match."""
    assert told in faults(TEAMS + text)


def test_rotations__that_ask_each_other__are_a_fault():
    """Nobody would ever be on call."""
    text = """
    [people.ann]
    [teams.a]
    people = ["ann"]
    rotation = "a"
    [teams.b]
    people = ["ann"]
    rotation = "b"
    """
    for one, other in ("ab", "ba"):
        text += SUN.replace("rotations.r", f"rotations.{one}")
        text += f'shifts = [{{ team = "{other}", from = "00:00", to = "00:00" }}]\n'

    assert "rotations.a: found a -> b -> a, expected rotations that do not ask" in faults(text)


def test_rotation__in_two_files__is_a_fault():
    """Only what stands in may be added by another file."""
    told = faults(TEAMS + ROTATION, ROTATION)

    assert "2.toml: rotations.r.kind: found a second one, expected only the one in 1.toml" in told


def test_faults__of_all_kinds__are_told_together():
    """A circle, a rotation without people, an unknown person and an unknown team in one go."""
    text = (
        TEAMS.replace('"bob"]', '"bbo"]\nbackup = "provider"')
        + 'backup = "ops"\n[[owns]]\nteam = "nobody"\n'
        + ROTATION.replace('["ann", "bob"]', "[]")
    )

    assert 4 == len(faults(text).splitlines())
