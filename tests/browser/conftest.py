"""One browser and one devnet for each file of tests; an event loop of its own ends with them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from stage import FAULT, FAULTY, FOUND_MS, Stage
from window import Seen, chromium, window

expect.set_options(timeout=FOUND_MS)
"""What is expected comes at once on a machine at rest; a busy one is given time."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def stage(browser: Browser) -> Iterator[Stage]:
    """A running devnet."""
    with Stage() as running:
        yield running


@pytest.fixture
def view(browser: Browser, stage: Stage) -> Iterator[tuple[Page, Seen]]:
    """A window at the open server, and what it did."""
    homes = (stage.open.address, stage.guarded.address)
    with window(browser, *homes, base_url=stage.open.address) as opened:
        yield opened


@pytest.fixture
def page(view: tuple[Page, Seen]) -> Page:
    """A window at the open server."""
    return view[0]


@pytest.fixture(scope="module")
def broken(stage: Stage) -> str:
    """The id of the incident of a fault that stays until somebody starts the sequencer."""
    stage.inject(FAULT, FAULTY)
    return stage.incident(FAULTY, FOUND_MS / 1000)
