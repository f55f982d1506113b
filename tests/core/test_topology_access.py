"""Reading `[api]`: where it listens, its tokens, and every way in which it can be wrong."""

import re
import tomllib

import pytest

from layerkeep.core.adapter import Adapter
from layerkeep.core.errors import TopologyError
from layerkeep.core.topology.access import Api, Token
from layerkeep.core.topology.access_table import is_loopback
from layerkeep.core.topology.parse import read_topology
from layerkeep.core.topology.schema import topology_schema

ADAPTERS = {"ethereum": Adapter("ethereum", "stack", (), (), ())}
L1 = '[network]\nname = "n"\n[chains.l1]\nchain_id = 1\nstack = "ethereum"\nblock_time_ms = 1\n'
TOKEN = '[api.tokens.me]\nrole = "operator"\nsecret = "env:ME"\n'


def read(*texts):
    """The API of these files."""
    files = {f"{n}.toml": tomllib.loads(text) for n, text in enumerate((L1, *texts))}
    return read_topology(files, ADAPTERS).api


def test_api__left_out__listens_on_this_machine_without_tokens():
    """A first start needs nothing."""
    assert Api("127.0.0.1:7040", {}) == read()


def test_api__declared__is_read_whole():
    """An address and tokens, one with an end."""
    text = '[api]\nlisten = "[::1]:80"\n' + TOKEN + "expires = 2027-01-31T02:00:00+02:00\n"

    expected = Token("me", "operator", "env:ME", 1_801_353_600_000)
    assert Api("[::1]:80", {"me": expected}) == read(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[api]\nlisten = "7040"', "0.toml: api.listen: found '7040', expected HOST:PORT"),
        ('[api]\nlisten = "x:70400"', "api.listen: found 'x:70400'"),
        ("[api]\nlisten = 7040", "api.listen: found 7040, expected text"),
        ('[api]\nlistn = "x"', "did you mean 'listen'?"),
        ("[api.tokens]\nme = 1", "api.tokens.me: found 1, expected a table"),
        ("[api.tokens.Me]", "api.tokens.Me: found 'Me', expected a name of lower-case"),
        ("[api.tokens.me]", "api.tokens.me.role: found nothing"),
        ("[api.tokens.me]", "api.tokens.me.secret: found nothing"),
        (TOKEN.replace("operator", "operater"), "did you mean 'operator'?"),
        (TOKEN.replace("env:ME", "hunter2"), "found text that is no reference, expected env:NAME"),
        (TOKEN + "expires = 2027-01-31T00:00:00", "found a date-time without its offset"),
        (TOKEN + "expires = 2027-01-31", "expected a date-time: from when on"),
        (TOKEN + 'expires = "soon"', "found 'soon', expected a date-time"),
        (TOKEN + TOKEN.replace("tokens.me", "tokens.you"), "a secret of its own; me has this one"),
    ],
)
def test_api__declared_wrongly__is_told_with_file_and_key(text, told):
    """Found, expected and the nearest match; a secret is never repeated."""
    with pytest.raises(TopologyError) as error:
        read_topology({"0.toml": tomllib.loads(L1 + text)}, ADAPTERS)

    assert told in str(error.value)
    assert "hunter2" not in str(error.value)


def test_api__in_two_files__is_a_fault():
    """One file says who may use it."""
    with pytest.raises(TopologyError, match=re.escape("2.toml: api: found a second one")):
        read(TOKEN, '[api]\nlisten = "127.0.0.1:1"')


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:1", True),
        ("localhost:1", True),
        ("[::1]:1", True),
        ("127.0.0.1.evil:1", False),
        ("0.0.0.0:1", False),
        ("[::]:1", False),
    ],
)
def test_address__of_this_machine__is_known(listen, expected):
    """Only this machine reaches a loopback address."""
    assert expected == is_loopback(listen)


def test_schema__of_the_api__asks_for_what_the_reader_asks():
    """Roles, references and addresses by the same patterns."""
    schema = topology_schema(ADAPTERS)["properties"]["api"]["properties"]
    token = next(iter(schema["tokens"]["patternProperties"].values()))

    assert ["role", "secret"] == token["required"]
    assert re.search(schema["listen"]["pattern"], "[::1]:7040")
    assert not re.search(schema["listen"]["pattern"], "7040")
    assert re.search(token["properties"]["secret"]["pattern"], "env:ME")
    assert not re.search(token["properties"]["secret"]["pattern"], "hunter2")
