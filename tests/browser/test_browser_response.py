"""Acting from the console in a browser: agreed to by keyboard and on a phone, and really done."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from pages import barriers, focused, log_in
from playwright.sync_api import Browser, Page, expect
from stage import FAULTY, FOUND_MS, SECRETS, Stage
from window import PHONE, WIDE, window

from layerkeep.app.paging.links import ack_token
from layerkeep.edge.secrets import resolve

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(240)]

AWAITING_MS, DONE_MS = 30_000, 90_000
TABS_MAX = 90


@contextmanager
def person(browser: Browser, stage: Stage, name: str, **choices: object) -> Iterator[Page]:
    """A window of their own, logged in."""
    home = stage.guarded.address
    with window(browser, home, base_url=home, **choices) as (page, _):
        page.set_default_timeout(AWAITING_MS)
        page.goto("/login")
        log_in(page, SECRETS[name])
        yield page


def tab_to(page: Page, words: str) -> None:
    """The focus is moved by Tab alone to what says this."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        label = page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''")
        if words in label or words in focused(page):
            return
    raise AssertionError(f"Tab never reached {words!r}")


def proposed(page: Page, incident: str, runbook: str) -> str:
    """The address of a run that was proposed with a click."""
    page.goto(f"/incidents/{incident}")
    page.get_by_role("button", name=f"Propose: {runbook}").click()
    page.wait_for_url("**/runs/**")
    return urlsplit(page.url).path


def test_response__on_a_phone__is_taken_by_link_then_decided_and_answered(
    browser: Browser, stage: Stage, broken: str
) -> None:
    """Without a session the link takes it once; a run is agreed to, started, answered and ends."""
    secret = resolve(stage.ask(lambda daemon: daemon.network.topology.paging.secret))
    token = ack_token(secret, [broken], "late", stage.ask(lambda daemon: daemon.now()))
    home = stage.guarded.address
    with person(browser, stage, "viewer") as page:
        page.goto(f"/incidents/{broken}")
        called = re.compile(r"(early|late) and (early|late) in 29.m.\d\d.s")
        expect(page.locator("#crew")).to_contain_text(called, timeout=FOUND_MS)
    with window(browser, home, base_url=home, viewport=PHONE, has_touch=True) as (page, _):
        page.goto(f"/ack/{token}")
        expect(page.locator("main")).to_contain_text("Looking at this page has changed nothing")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.get_by_role("button", name="Take it as late").tap()
        expect(page.locator("main")).to_contain_text("It is yours now")
        page.goto(f"/ack/{token}x")
        expect(page.locator("main h1")).to_contain_text("Nothing was sent with this link")
    with person(browser, stage, "operator") as early:
        run = proposed(early, broken, "See why a sequencer makes no blocks")
        expect(early.locator("#approval")).to_contain_text(
            "You proposed it, so somebody else has to agree", timeout=AWAITING_MS
        )
        assert not early.get_by_role("button", name="Agree").count()
    with person(browser, stage, "second", viewport=PHONE, has_touch=True) as page:
        page.goto(f"/incidents/{broken}")
        expect(page.locator("#answer .meta")).to_contain_text("owner second", timeout=FOUND_MS)
        page.get_by_role("link", name="Decide").tap()
        page.wait_for_url(f"**{run}")
        assert [] == barriers(page)
        page.get_by_role("button", name="Agree as late").tap()
        page.get_by_role("button", name="Carry out").tap()
        no = page.get_by_role("button", name="No, end it")
        expect(no).to_be_visible(timeout=AWAITING_MS)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert 44 <= no.bounding_box()["height"]
        no.tap()
        expect(page.locator("#answer h1")).to_contain_text("stopped", timeout=AWAITING_MS)


def test_response__by_keyboard_alone__starts_the_sequencer_and_the_incident_ends(
    browser: Browser, stage: Stage, broken: str
) -> None:
    """Proposed by one, agreed to and started by another; the page tells it live, and it is done."""
    with person(browser, stage, "operator") as early:
        early.goto(f"/incidents/{broken}")
        expect(early.locator("#crew")).to_contain_text("Devnet operators")
        expect(early.locator("#told")).to_contain_text("called, level 1", timeout=FOUND_MS)
        tab_to(early, "Propose: Start a stopped sequencer")
        early.keyboard.press("Enter")
        early.wait_for_url("**/runs/**")
        with person(browser, stage, "second", viewport=WIDE) as late:
            late.goto(urlsplit(early.url).path)
            expect(late.locator("#approval")).to_contain_text("asked to agree", timeout=AWAITING_MS)
            for says in ("Agree as late", "Carry out 2 steps"):
                late.keyboard.press("a")
                expect(late.locator("#approval button", has_text=says)).to_be_focused()
                late.keyboard.press("Enter")
                late.wait_for_url("**?done=**")
        expect(early.locator("#answer h1")).to_have_text(re.compile(": done$"), timeout=DONE_MS)
        expect(early.locator("#steps li").first).to_contain_text("admin_startSequencer")
        early.goto(f"/incidents/{broken}")
        expect(early.locator("#answer h1")).to_contain_text(": over", timeout=DONE_MS)
        expect(early.locator("#report")).to_contain_text("What was tried")
    said = stage.ask(lambda daemon: daemon.engine.incidents.open)
    assert not any(FAULTY in each.key for each in said.values())


def test_runs__halted_from_the_console__stay_so_until_somebody_says_go(
    browser: Browser, stage: Stage
) -> None:
    """The switch asks for a reason, every page of runs says so, and it is lifted again."""
    with person(browser, stage, "operator") as page:
        page.goto("/runs")
        page.locator("#halt-why").fill("a release goes wrong")
        page.locator("#halt-why").press("Enter")
        expect(page.locator("#answer h1")).to_have_text("All runs are halted, says early")
        expect(page.locator("#halt")).to_contain_text("a release goes wrong")
        page.get_by_role("button", name="Let runs go on").click()
        expect(page.locator("#halt")).to_contain_text("Halt all runs")
