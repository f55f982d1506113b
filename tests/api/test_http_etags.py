"""What a client has already is not sent again."""

import pytest
from http_scene import served

AGED = ("/api/v1/overview", "/api/v1/routes", "/api/v1/messages/stages", "/health")


@pytest.fixture
def here():
    """The API without tokens."""
    with served() as found:
        yield found


@pytest.mark.parametrize(
    "path", ["/api/v1/chains", "/api/v1/chains/l2", "/api/v1/messages?state=open", "/api/v1/rules"]
)
def test_answer__at_the_same_revision__is_not_sent_again(here, path):
    """304 until the revision rises; a body of another address has another tag."""
    tag = here.ask(path).headers["etag"]

    same = here.ask(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (304, b"", tag) == (same.status_code, same.content, same.headers["etag"])
    assert "private, no-cache" == same.headers["cache-control"]
    elsewhere = here.ask("/api/v1/messages?state=late", headers={"If-None-Match": tag})
    assert 200 == elsewhere.status_code
    here.source.number += 1
    assert 200 == here.ask(path, headers={"If-None-Match": tag}).status_code


def test_tag__of_another_run__means_nothing(here):
    """A program that starts anew counts its revisions anew."""
    tag = here.ask("/api/v1/chains").headers["etag"]

    with served() as anew:
        assert 200 == anew.ask("/api/v1/chains", headers={"If-None-Match": tag}).status_code


@pytest.mark.parametrize("path", [*AGED, "/api/v1/messages?older=1"])
def test_answer__that_tells_ages__has_no_tag(here, path):
    """It is another one a second later."""
    answer = here.ask(path, headers={"If-None-Match": "*"})

    assert 200 == answer.status_code
    assert "etag" not in answer.headers


def test_error__has_no_tag(here):
    """Only what was found is kept."""
    answer = here.ask("/api/v1/chains/l9", headers={"If-None-Match": 'W/"x"'})

    assert 404 == answer.status_code
    assert "etag" not in answer.headers
