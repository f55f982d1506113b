"""The console's pages, and what is done on any of them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page
from stage import Stage

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}

PLACES = {
    "overview": "/",
    "incidents": "/incidents",
    "messages": "/messages",
    "chains": "/chains",
    "chain": "/chains/l2",
    "upstreams": "/upstreams",
    "rules": "/rules",
    "rule": "/rules/chain_halted",
    "coverage": "/coverage",
    "drills": "/drills",
    "runs": "/runs",
    "runbooks": "/runbooks",
    "runbook": "/runbooks/start-sequencer",
    "oncall": "/oncall",
    "owners": "/owners",
    "told": "/pages",
    "find": "/find?q=l2",
    "nothing": "/nowhere",
    "login": "/login",
}
"""Pages that have an address of their own; a journey and an incident have that of a live one."""


def places(stage: Stage, incident: str) -> dict[str, str]:
    """Every page, with an incident and the journey of a message that waits behind it."""
    waits = stage.sent("op_stack.deposit")
    return {**PLACES, "incident": f"/incidents/{incident}", "journey": f"/journeys/{waits.id}"}


def focused(page: Page) -> str:
    """What has the focus: the nearest id, and its words."""
    return str(
        page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.closest('[id]')?.id ?? '') + ': ' + e.textContent.trim(); }"
        )
    )


def log_in(page: Page, secret: str) -> None:
    """A token's secret is typed and sent."""
    page.locator("#token").fill(secret)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious on the page, each with the first element that has it."""
    if not AXE.is_file():
        pytest.skip("NO AXE-CORE: it is not installed (make setup), so nobody looked for barriers")
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]
