"""The OpenAPI document is what is committed and what is served, and the API does as it says."""

import json
from pathlib import Path

import msgspec
import schemathesis
from http_scene import NOW, Kept, Standing, bearer, served, tokens
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from layerkeep.api.http.app import make_app
from layerkeep.api.http.document import document
from layerkeep.api.http.routes.messages import FilterQuery
from layerkeep.api.http.stream import Stream
from layerkeep.api.shapes.messages import MessageFilter

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def app():
    """The API with tokens, whose stream ends at once."""
    stream = Stream(NOW)
    stream.close()
    return make_app(Standing(), tokens(), Kept(), stream=stream)


ASKED = schemathesis.openapi.from_asgi("/openapi.json", app(), headers=bearer("admin"))

PARTLY_SAID = ("/messages", "/pages", "/runs", "/silence", "/maintenance", "/login")
"""Whose whole truth a schema cannot tell: a cursor is one we gave, and a word has one end."""


def test_document__as_committed__is_what_the_routes_say():
    """`make docs` would change nothing."""
    assert json.loads(COMMITTED.read_text()) == document()


def test_document__as_served__is_the_committed_one():
    """At /openapi.json, of OpenAPI 3.1."""
    with served() as here:
        found = here.ask("/openapi.json").json()

    assert document() == found
    assert found["openapi"].startswith("3.1")


def test_document__of_every_operation__tells_what_it_does_and_what_may_go_wrong():
    """A description, a tag, problems, and a description of each parameter."""
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            assert operation["description"], path
            assert operation["tags"], path
            assert "application/problem+json" in operation["responses"]["500"]["content"]
            for parameter in operation.get("parameters", ()):
                assert parameter["description"], (path, parameter["name"])


def test_filters__of_the_query__are_those_of_the_source():
    """No filter of the contract is forgotten, and none has another default."""
    fields = {each.name: each.default for each in msgspec.structs.fields(MessageFilter)}

    assert fields == {each.name: each.default for each in msgspec.structs.fields(FilterQuery)}


@ASKED.parametrize()
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_api__asked_anything__does_as_the_document_says(case):
    """No 5xx but for the closed stream, and no answer that the document does not have."""
    unfit = []
    if case.path.endswith("/stream"):
        unfit.append(schemathesis.checks.not_a_server_error)
    if case.path.endswith(PARTLY_SAID):
        unfit.append(positive_data_acceptance)

    case.call_and_validate(headers=bearer("operator"), excluded_checks=unfit)
