"""A browser's window that remembers what it asked for and what went wrong in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

PROGRAM = "/usr/bin/chromium"
QUIETLY = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
NOT_THERE = "status of 404"
"""A page that says that there is nothing of this name is answered so, and Chromium tells of it."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; the tests are skipped, loudly, where none is installed."""
    if shutil.which(PROGRAM) is None:
        pytest.skip("NO CHROMIUM: it is not installed, so the console was tried in no browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=QUIETLY)
        yield browser
        browser.close()


class Seen:
    """What a window asked for, and the errors it told of; `excused` are parts of known ones."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.excused = [NOT_THERE]

    def follow(self, page: Page) -> None:
        """From now on all that this page does is remembered."""
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", self._told)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def elsewhere(self, *homes: str) -> list[str]:
        """Requests to anybody but these."""
        return [url for url in self.asked if not url.startswith((*homes, "data:"))]

    def wrong(self) -> list[str]:
        """Errors that nobody excused."""
        return [said for said in self.errors if not any(part in said for part in self.excused)]

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.text} at {message.location.get('url')}")


@contextmanager
def window(browser: Browser, *homes: str, **choices: Any) -> Iterator[tuple[Page, Seen]]:
    """A new window; when it is closed, it has asked nobody else and told of no error."""
    context = browser.new_context(viewport=choices.pop("viewport", WIDE), **choices)
    page, seen = context.new_page(), Seen()
    page.set_default_timeout(10_000)
    seen.follow(page)
    try:
        yield page, seen
    finally:
        context.close()
    elsewhere, wrong = seen.elsewhere(*homes), seen.wrong()
    assert not elsewhere, elsewhere
    assert not wrong, wrong
