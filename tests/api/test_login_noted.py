"""Every login is in the audit, before its cookie is handed out."""

import pytest
from http_scene import EXPIRED, NOW, SECRETS, Kept, Standing, tokens
from litestar.testing import TestClient

from layerkeep.api.http.app import make_app
from layerkeep.api.http.stream import Stream
from layerkeep.core.errors import StoreError


def logged_in(secrets, kept, world=None):
    """The statuses of logins one after the other, and what was noted."""
    app = make_app(world or Standing(), tokens(), kept, stream=Stream(NOW))
    with TestClient(app) as client:
        found = [client.post("/login", json={"token": secret}).status_code for secret in secrets]
    return found, [(e.who, e.role, e.action, e.outcome) for e in kept.noted]


def test_login__that_counts__is_noted_with_whose_it_is():
    """The token's name and role."""
    found, noted = logged_in([SECRETS["operator"]], Kept())

    assert [204] == found
    assert [("the-operator", "operator", "login", "done")] == noted


def test_login__that_fails__is_noted_once_a_second():
    """Who tries many secrets does not fill the audit; the secret is not in it."""
    kept = Kept()
    found, noted = logged_in(["wrong-secret-0123456789", EXPIRED, "wrong-again-0123456789"], kept)

    assert [401] * 3 == found
    assert [("", "viewer", "login", "token-wrong")] == noted
    assert "wrong" not in str(kept.noted).replace("token-wrong", "")


def test_login__that_cannot_be_noted__is_refused():
    """Nobody comes in unseen; a token in the header of a request needs no login."""

    class Full(Kept):
        async def note(self, entry):
            raise StoreError("disk-full: cannot audit the store")

    app = make_app(Standing(), tokens(), Full(), stream=Stream(NOW))
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/login", json={"token": SECRETS["viewer"]})
    assert answer.status_code == 503
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_login__of_each_role__is_noted(role):
    """Also of those who may only read."""
    assert [(f"the-{role}", role, "login", "done")] == logged_in([SECRETS[role]], Kept())[1]
