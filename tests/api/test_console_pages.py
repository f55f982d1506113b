"""The console's pages as a browser gets them."""

import gzip
import re
from contextlib import contextmanager
from html.parser import HTMLParser

import msgspec
import pytest
from litestar.testing import TestClient
from scenes import CAUSE, NOW, SceneSource, overview_scene, quiet_scene

from layerkeep.api.console import console_routes
from layerkeep.api.http.access import Access, token
from layerkeep.api.http.app import make_app

HOST = "http://127.0.0.1:7040"
FIRST_LOAD_MAX = 60_000
HTML = {"Accept": "text/html"}


class Kept:
    """An audit that keeps nothing: no page writes, only who logs in does."""

    async def note(self, entry):
        assert entry.action == "login", "a page wrote"

    async def newest(self, before, count):
        return ()


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text inside scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.found, self.inline, self._open = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self._open = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open and data.strip():
            self.inline.append(data)


@contextmanager
def console(shown, access=None):
    """The console over a scene, as the app serves it."""
    source, access = SceneSource(shown), access or Access()
    app = make_app(source, access, Kept(), routes=console_routes(source, access))
    with TestClient(app, base_url=HOST, raise_server_exceptions=False) as client:
        client.follow_redirects = False
        yield client, source


def page_at(path, shown=None, **more):
    """What a browser gets at a path."""
    with console(shown or overview_scene()) as (client, _):
        return client.get(path, headers=HTML, **more)


@pytest.mark.parametrize("path", ["/", "/find", "/find?q=0x12", "/nowhere", "/login"])
def test_page__of_any_kind__has_no_inline_script_or_style_and_asks_no_one_else(path):
    """Page of any kind: has no inline script or style and asks no one else."""
    found = Elements(page_at(path).text)

    assert found.inline == []
    for tag, attributes in found.found:
        assert "style" not in attributes, tag
        assert [name for name in attributes if name.startswith("on")] == []
        for name in ("href", "src", "action"):
            assert re.match(r"[/#]", attributes.get(name, "/")), attributes


@pytest.mark.parametrize("path", ["/", "/find?q=x", "/nowhere", "/login"])
def test_page__of_any_kind__has_each_id_once_and_closes_what_it_opens(path):
    """Page of any kind: has each id once and closes what it opens."""
    text = page_at(path).text

    ids = [a["id"] for _, a in Elements(text).found if "id" in a]
    assert sorted(set(ids)) == sorted(ids)
    for tag in ("div", "section", "article", "svg", "table", "form", "ul", "ol", "dl"):
        assert len(re.findall(f"<{tag}[ >]", text)) == text.count(f"</{tag}>"), tag


def test_overview__of_a_bad_morning__says_first_what_is_wrong():
    """Overview of a bad morning: says first what is wrong."""
    text = page_at("/").text

    title = re.search(r"<title>(.*?)</title>", text).group(1)
    assert title.startswith("▲ The batcher of op-main cannot pay for its next batches")
    assert text.index('id="answer"') < text.index('id="also"') < text.index('id="main"')
    assert '<b class="blind">gamma is blind: 0 of 2 upstreams answer</b>' in text
    assert text.count('href="#cause"') == 3  # the answer, the chain, the batcher
    assert text.count('class="ok blind"') == 3


def test_overview__of_a_blind_chain__draws_no_head_and_no_tick_for_it():
    """Overview of a blind chain: draws no head and no tick for it."""
    text = page_at("/").text

    slab = text[text.index('id="chain-gamma"') :]
    slab = slab[: slab.index("</article>")]
    assert "0 of 2 upstreams answer." in slab
    assert "Last seen: latest 18,441,902" in slab
    for mark in ("#f0", "#f2", "#f4", "#true", "#cause", "#symp"):
        assert f'href="{mark}"' not in slab


def test_overview__of_a_quiet_night__has_no_alarm_in_it():
    """Overview of a quiet night: has no alarm in it."""
    text = page_at("/", quiet_scene()).text

    assert "All 5 chains move inside usual, and all that they claim is true" in text
    assert 'href="#cause"' not in text
    assert 'href="#late"' not in text
    assert "No message is overdue." in text


def test_overview__of_a_blind_chain_without_work__does_not_say_that_nobody_waits():
    """Overview of a blind chain without work: does not say that nobody waits."""
    bad = overview_scene()
    shown = msgspec.structs.replace(quiet_scene(), chains=bad.chains)

    text = page_at("/", shown).text

    assert "No message is overdue." not in text
    assert "Not known." in text


def test_overview__without_chains__says_that_nothing_is_known():
    """Overview without chains: says that nothing is known."""
    shown = msgspec.structs.replace(quiet_scene(), chains=(), routes=(), truth=())

    assert "No chain is in the topology" in page_at("/", shown).text


def test_overview__of_a_source_that_fails__is_a_calm_page():
    """Overview of a source that fails: is a calm page."""
    with console(quiet_scene()) as (client, source):
        source.overview = None
        found = client.get("/", headers=HTML)

    assert found.status_code == 500
    assert "This page could not be made" in found.text
    assert "NoneType" not in found.text


EVIL = "<img src=x onerror=alert(1)>\"'"


def test_overview__with_markup_in_what_chains_say__shows_it_as_text():
    """Overview with markup in what chains say: shows it as text."""
    bad = overview_scene()
    replace = msgspec.structs.replace
    waiting = tuple(
        replace(m, token=EVIL, amount="7", reason=EVIL, awaited=EVIL, id=EVIL) for m in bad.waiting
    )
    incidents = tuple(replace(i, title=EVIL, owner=EVIL, kind=EVIL) for i in bad.incidents)
    truth = tuple(replace(t, check=EVIL, detail=EVIL, verdict="false") for t in bad.truth)
    chains = tuple(replace(c, phrase=EVIL, stack=EVIL) for c in bad.chains)
    limits = tuple(replace(each, what=EVIL, component=EVIL) for each in bad.limits)
    shown = replace(
        bad,
        waiting=waiting,
        incidents=incidents,
        truth=truth,
        chains=chains,
        limits=limits,
        network=EVIL,
    )

    found = Elements(page_at("/", shown).text)

    assert [tag for tag, _ in found.found if tag == "img"] == []
    assert [a for _, a in found.found if "onerror" in a] == []


def test_find__of_markup__shows_it_as_text():
    """Find of markup: shows it as text."""
    found = page_at("/find", params={"q": EVIL})

    assert [tag for tag, _ in Elements(found.text).found if tag == "img"] == []
    assert "onerror" in found.text


def test_first_load__over_the_wire__is_small():
    """First load over the wire: is small."""
    with console(overview_scene()) as (client, _):
        total, text = 0, client.get("/", headers=HTML).text
        for path in ("/", *sorted(set(re.findall(r'"(/static/[^"]+)"', text)))):
            with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as found:
                total += len(b"".join(found.iter_raw()))

    assert total <= FIRST_LOAD_MAX


def test_page__for_who_reads_no_gzip__is_plain():
    """Page for who reads no gzip: is plain."""
    with console(overview_scene()) as (client, _):
        plain = client.get("/", headers={"Accept-Encoding": "gzip;q=0"})
        with client.stream("GET", "/", headers={"Accept-Encoding": "gzip"}) as found:
            raw = b"".join(found.iter_raw())

    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content


def test_file__under_its_hash__may_be_kept_for_ever():
    """File under its hash: may be kept for ever."""
    with console(quiet_scene()) as (client, _):
        text = client.get("/").text
        path = re.search(r"/static/console\.[0-9a-f]{10}\.css", text).group(0)
        found, other = client.get(path), client.get("/static/console.0000000000.css")

    assert "immutable" in found.headers["cache-control"]
    assert found.headers["content-type"].startswith("text/css")
    assert other.status_code == 404


def test_nowhere__for_a_reader__is_calm_and_for_a_program_a_problem():
    """Nowhere for a reader: is calm and for a program a problem."""
    with console(quiet_scene()) as (client, _):
        page, other = client.get("/nowhere", headers=HTML), client.get("/nowhere")

    assert page.status_code == other.status_code == 404
    assert "No page is named /nowhere" in page.text
    assert other.headers["content-type"] == "application/problem+json"


def test_theme__once_chosen__comes_with_the_page():
    """Theme once chosen: comes with the page."""
    with console(quiet_scene()) as (client, _):
        before = client.get("/").text
        sent = client.post("/theme", data={"theme": "light", "back": "/find?q=a"})
        after = client.get("/").text

    assert "data-theme" not in before
    assert (sent.status_code, sent.headers["location"]) == (303, "/find?q=a")
    assert '<html lang="en" data-theme="light">' in after


@pytest.mark.parametrize("back", ["//evil", "https://evil", "/\\evil", "/a\r\nX: y", ""])
def test_theme__with_a_way_back_that_leads_elsewhere__leads_to_the_overview(back):
    """Theme with a way back that leads elsewhere: leads to the overview."""
    with console(quiet_scene()) as (client, _):
        sent = client.post("/theme", data={"theme": "dark", "back": back})

    assert sent.headers["location"] == "/"


def test_login__where_a_token_is_needed__is_where_pages_lead():
    """Login where a token is needed: is where pages lead."""
    access = Access([token("ida", "viewer", "secret-of-ida-12345")])
    with console(quiet_scene(), access) as (client, _):
        led = client.get("/", headers=HTML)
        login = client.get("/login", headers=HTML)
        sent = client.post("/login", data={"token": "secret-of-ida-12345"})
        after = client.get("/", headers=HTML)

    assert (led.status_code, led.headers["location"]) == (303, "/login")
    assert 'name="token"' in login.text
    assert sent.status_code == 303
    assert after.status_code == 200


def test_parts__of_every_page_part__are_one_element_with_the_parts_id():
    """Parts of every page part: are one element with the parts id."""
    import asyncio

    from layerkeep.api.console.assets import Assets
    from layerkeep.api.console.page import Place
    from layerkeep.api.console.pages.overview import page
    from layerkeep.api.console.render import Renderer
    from layerkeep.api.console.top import top_of

    shown = overview_scene()
    made = asyncio.run(page(SceneSource(shown), Place("/")))
    parts = Renderer(Assets()).parts(made, Place("/"), top_of(shown, NOW))

    for name, html in parts.items():
        first = Elements(html).found[0]
        assert first[1].get("id") == name
        assert html.startswith(f"<{first[0]}")
        assert html.endswith(f"</{first[0]}>")
    assert f"/incidents/{CAUSE}" in parts["answer"]
