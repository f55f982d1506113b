"""The console in a browser, over a live devnet: what an operator does, and what they see."""

import os
import re
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from pages import barriers, focused, log_in, places
from palette import keep
from playwright.sync_api import Browser, Page, expect
from stage import FAULT, FAULTY, FOUND_MS, SECRETS, Stage
from window import PHONE, WIDE, Seen, window

from layerkeep.app.daemon import Daemon

pytestmark = [pytest.mark.devnet, pytest.mark.slow, pytest.mark.timeout(240)]

TAKES_PICTURES = "LAYERKEEP_SCREENSHOTS" in os.environ
THEMES = ("dark", "light")

OVER_MS = 60_000
STOPPED = re.compile("l2 has made no block")
LIVE_MAX_MS = 1_000
BLOCKS = 7


def test_overview__of_a_network_in_order__says_so_and_draws_each_chain(page: Page) -> None:
    """A calm sentence, three layers from the upper to the lowest, and what is checked."""
    page.goto("/")

    expect(page.locator("#answer h1")).to_contain_text(
        "All 3 chains move inside usual", timeout=FOUND_MS
    )
    assert ["l1", "l2", "l3"] == page.locator(".slab .nm a").all_inner_texts()
    expect(page.locator("#integrity .true").first).to_be_visible()
    expect(page.locator("#live")).to_contain_text("live, facts")
    assert "layerkeep devnet" in page.title()


def test_chain__when_a_block_is_read__shows_it_within_a_second(page: Page, stage: Stage) -> None:
    """Half of the blocks of a few seconds stand on the open page within a second of being read."""
    page.goto("/chains/l1")
    page.evaluate(
        """() => {
          window.shown = {};
          const look = () => {
            const height = document.querySelector(".bigh .tb tbody .m")?.textContent;
            if (height) window.shown[height.replace(",", "")] ??= Date.now();
          };
          new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
        }"""
    )
    read: dict[int, float] = {}

    def is_enough(daemon: Daemon) -> bool:
        read.setdefault(int(daemon.feeds["l1"].follower.cursor.height), time.time() * 1000)
        return len(read) > BLOCKS

    stage.wait(is_enough, 10.0 * BLOCKS, "blocks")
    page.wait_for_timeout(2 * LIVE_MAX_MS)
    shown = {int(height): at for height, at in page.evaluate("window.shown").items()}
    news = sorted(read)[1:]
    lags = sorted(min(at for h, at in shown.items() if h >= each) - read[each] for each in news)

    assert lags[len(lags) // 2] < LIVE_MAX_MS, lags


@pytest.mark.parametrize(
    ("dress", "lifecycle", "over"),
    [
        (str, "op_stack.deposit", True),
        (str.upper, "op_stack.withdrawal", False),
        (lambda name: f"  {name[:20]} {name[20:]}\t", "nitro.retryable", False),
        (lambda name: name.removeprefix("0x"), "nitro.send", False),
        (lambda name: f"{name[:6]}…{name[-4:]}", "op_stack.withdrawal", False),
        (lambda name: name[:18], "nitro.send", False),
    ],
)
def test_find__the_hash_of_a_message__leads_to_its_journey(
    page: Page, stage: Stage, dress: Callable[[str], str], lifecycle: str, over: bool
) -> None:
    """However it was copied: as it is, in capitals, with spaces, without 0x, or cut short."""
    message = stage.sent(lifecycle, over=over)
    page.goto("/")
    page.locator("#find").fill(dress(message.id))
    page.keyboard.press("Enter")

    expect(page.locator("#waterfall")).to_be_visible()
    assert page.locator(f'#identity code[title="{message.id}"]').count()


def test_find__a_transaction_or_claim__leads_to_what_it_did(page: Page, stage: Stage) -> None:
    """The L1 transaction of a deposit, the one it becomes on the L2, and that of a claim."""
    deposit = stage.sent("op_stack.deposit", over=True)
    for name in (deposit.sent.anchor.tx, deposit.says.awaits):
        page.goto(f"/find?q={name}")
        expect(page.locator("#waterfall")).to_be_visible()
        assert page.locator(f'#identity code[title="{deposit.id}"]').count()

    (claim, *_) = page.request.get("/api/v1/chains/l2/claims").json()
    page.goto(f"/find?q={claim['tx']}")
    expect(page.locator("main h1")).to_contain_text("in no transfer")
    expect(page.locator("main")).to_contain_text(claim["claim"])


def test_find__the_root_of_a_claim__leads_to_its_row(page: Page) -> None:
    """Whole and cut as the page itself shows it: the claim is the current row of its chain."""
    claims = page.request.get("/api/v1/chains/l2/claims").json()
    root = claims[-1]["root"]
    for typed in (root, f"{root[:6]}…{root[-4:]}"):
        page.goto("/")
        page.locator("#find").fill(typed)
        page.keyboard.press("Enter")
        page.wait_for_url("**/chains/l2?claim=**")
        expect(page.locator("#claims [aria-current] td").nth(2)).to_have_attribute("title", root)
    page.locator("#claims .more a").click()
    expect(page.locator("#claims [aria-current]")).to_have_count(0)


def test_find__an_address__leads_to_its_messages_or_its_component(page: Page, stage: Stage) -> None:
    """Who sent, whole or cut; a contract of the topology leads to the chain that it is of."""
    sender = stage.sent("op_stack.deposit").says.sender
    for typed in (sender, f"{sender[:6]}…{sender[-4:]}", sender.upper()):
        page.goto(f"/find?q={quote(typed)}")
        link = page.locator("main li a", has_text="messages sent by")
        if "/find" in page.url:
            link.click()
        page.wait_for_url(f"**/messages?sender={sender}")
        expect(page.locator("#list tbody tr").first).to_be_visible()
    chains = stage.ask(lambda daemon: daemon.network.topology.chains)
    page.goto(f"/find?q={chains['l2'].contracts['l1']['portal']}")
    page.wait_for_url("**/chains/l2#parts")


def test_find__a_block_an_unknown_or_a_cut_hash__is_told_calmly(page: Page, stage: Stage) -> None:
    """No message has it: what was searched and how far is said, and nothing breaks."""
    for typed in (stage.block_hash("l1"), "0x" + "5e" * 32, "0x5e5e5e5e5e", "<b>nobody</b>"):
        page.goto(f"/find?q={quote(typed)}")
        expect(page.locator("main h1")).to_have_text("Nothing is found")
        expect(page.locator("main")).to_contain_text("l2 up to")
        assert not page.locator("main b:text('nobody')").count()


def test_find__the_name_of_a_chain__leads_to_it(page: Page) -> None:
    """In capitals and with spaces round it, too; a part of many names lists them all."""
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(" L2-B ")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/upstreams#l2-b$"))
    page.goto("/find?q=902")
    expect(page).to_have_url(re.compile(r"/chains/l3$"))
    page.goto("/find?q=L2")
    assert "l2" == page.locator("main li a").first.inner_text().split(",")[0]


def test_filters__added_and_dropped__are_the_address(page: Page, stage: Stage) -> None:
    """Typed, clicked, dropped, gone back to and loaded again, it is the same list."""
    stage.sent("nitro.send")
    page.goto("/messages")
    page.locator("#add").fill("kind=nitro.send")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/messages\?kind=nitro\.send$"))
    page.locator("td a[data-filter]", has_text="ETH").or_(page.locator("a.stg")).first.click()
    both = page.url
    assert "kind=nitro.send&" in both or "&kind=nitro.send" in both
    assert {"withdrawal"} == set(page.locator("tbody td:nth-child(5)").all_inner_texts())

    page.reload()
    assert both == page.url
    assert 2 == page.locator(".tok").count()
    page.locator(".tok", has_text="kind").get_by_role("link").click()
    expect(page.locator(".tok")).to_have_count(1)
    assert "kind=" not in page.url
    page.go_back()
    assert both == page.url
    expect(page.locator(".tok")).to_have_count(2)


def test_filter__on_a_field_that_is_not_there__says_which_there_are(page: Page) -> None:
    """It filters nothing, and the page is whole."""
    page.goto("/messages")
    page.locator("#add").fill("colour=blue")
    page.keyboard.press("Enter")

    expect(page.locator("main .emp").first).to_contain_text("It filters nothing")


def test_page__whose_server_is_gone__says_so_and_withholds_every_action(
    view: tuple[Page, Seen], browser: Browser, stage: Stage
) -> None:
    """The bar tells since when; nothing can be pressed; once it is back, loading again is well."""
    serving = stage.serve()
    address = serving.address
    with window(browser, address, base_url=address) as (page, seen):
        seen.excused += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING"]
        page.goto("/incidents")
        page.goto("/")
        expect(page.locator("#clock")).not_to_have_text(page.locator("#clock").inner_text())
        expect(page.locator("#lost")).to_be_hidden()

        stage.close(serving)
        expect(page.locator("#lost")).to_contain_text("this page lost its stream")
        expect(page.locator("#live")).to_have_text("stream lost")
        assert not page.locator(".say .btn:not([aria-disabled=true])").count()
        again = stage.serve(address.removeprefix("http://"))
        page.locator("#lost a").click()
        expect(page.locator("#live")).to_contain_text("live")
        expect(page.locator("#lost")).to_be_hidden()
        stage.close(again)


def test_keyboard__tab_after_tab__goes_down_the_page_and_is_seen(page: Page) -> None:
    """The skip link, the bar, the answer's action if any, the layers, the side; all ringed."""
    page.goto("/")
    reached, ringless = [], []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(focused(page))
        ring = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement);"
            " return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; }"
        )
        if not ring and reached[-1] not in (": ", "main: "):
            ringless.append(reached[-1])
        if reached[-1].startswith("waits"):
            break
    begins = (": Skip", "nav: Overview", "find:", "answer:", "chain-l1", "chain-l3", "waits")
    found = [next((nth for nth, e in enumerate(reached) if e.startswith(b)), None) for b in begins]
    order = [nth for nth in found if nth is not None]

    assert order == sorted(order), reached
    assert [] == [b for b, nth in zip(begins, found, strict=True) if nth is None and b != "answer:"]
    assert [] == ringless


def test_keyboard__single_keys__do_what_their_list_says(page: Page, stage: Stage) -> None:
    """Find, go, step through rows, open, go up and down the layers, theme, help, none in fields."""
    page.goto("/")
    if page.locator("#answer a").count():  # a calm answer has nothing to do
        page.keyboard.press("a")
        assert focused(page).startswith("answer")
    page.keyboard.press("/")
    page.keyboard.type("gi")
    assert "gi" == page.locator("#find").input_value()
    page.keyboard.press("Escape")
    for keys, path in (("gc", "/chains"), ("gi", "/incidents"), ("go", "/"), ("gm", "/messages")):
        page.keyboard.type(keys)
        page.wait_for_url(f"**{path}")
    page.keyboard.type("jjk")
    first = page.locator("a.row").first
    expect(first).to_be_focused()
    page.keyboard.press("f")
    page.goto("/messages")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/journeys/**")
    page.goto("/chains/l2")
    page.keyboard.press("[")
    page.wait_for_url("**/chains/l1")
    page.keyboard.press("]")
    page.wait_for_url("**/chains/l2")
    page.keyboard.press("T")
    expect(page.locator("html")).to_have_attribute("data-theme", re.compile("dark|light"))
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()


def test_keyboard__rows_marked__stay_marked_and_are_copied_together(page: Page) -> None:
    """`x` marks the row in focus and takes the mark back; the stream's new rows keep it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/messages?sort=sent")
    names = [each.get_attribute("data-copy") for each in page.locator("tbody tr").all()[:3]]
    page.keyboard.type("xjxjxjxx")
    expect(page.locator("#said")).to_have_text("2 rows are marked")
    page.keyboard.press("y")
    assert names[:2] == page.evaluate("navigator.clipboard.readText()").split("\n")
    page.evaluate("document.querySelector('#list').dataset.seen = 1")
    expect(page.locator("#list[data-seen]")).to_have_count(0, timeout=FOUND_MS)
    picked = [each.get_attribute("data-copy") for each in page.locator("tr.picked").all()]
    assert names[:2] == picked


def test_newcomer__when_something_breaks__is_led_from_the_answer_to_a_transfer(
    page: Page, stage: Stage
) -> None:
    """The answer changes by itself, leads to the cause and a transfer, and ends by itself."""
    page.goto("/")
    expect(page.locator("#answer")).not_to_contain_text(STOPPED)
    stage.inject(FAULT, FAULTY)
    expect(page.locator("#answer h1")).to_have_text(STOPPED, timeout=FOUND_MS)
    expect(page.locator("#chain-l2")).to_contain_text("cause: sequencer down")
    expect(page.locator("#nav")).to_contain_text("1 open")
    assert STOPPED.search(page.title())

    page.locator("#answer a").click()
    page.wait_for_url("**/incidents/**")
    expect(page.locator("#answer h1")).to_contain_text(STOPPED)
    expect(page.locator("#symptoms .tr").nth(1)).to_contain_text(STOPPED)
    expect(page.locator("#runbook")).to_contain_text("sequencer")
    home = page.url

    page.goto("/messages?from=l1&to=l2&state=open&sort=-sent")
    page.locator("a.row").first.click()
    page.wait_for_url("**/journeys/**")
    expect(page.locator("#await")).to_contain_text("child")

    page.goto(home)
    stage.heal(FAULT)
    expect(page.locator("#answer h1")).to_contain_text(": over", timeout=OVER_MS)
    page.goto("/incidents")
    expect(page.locator("#answer h1")).to_have_text("No incident is open")
    expect(page.locator("#ended")).to_contain_text(STOPPED)


def test_phone__every_page__is_read_without_scrolling_sideways(
    page: Page, stage: Stage, broken: str
) -> None:
    """At 390 px nothing stands outside; wide tables scroll inside their own region."""
    page.set_viewport_size(PHONE)
    wide = {}
    for name, path in places(stage, broken).items():
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide[name] = width
    assert {} == wide


def test_incident__found_by_its_first_digits__is_behind_what_waits(page: Page, broken: str) -> None:
    """Searched as people say it; `i` leads back to it from a transfer, `t` opens its facts."""
    page.goto(f"/find?q=%20{broken[:6].upper()}")
    page.wait_for_url(f"**/incidents/{broken}")
    page.goto(f"/messages?incident={broken}")
    page.locator("a.row").first.click(timeout=FOUND_MS)
    page.wait_for_url("**/journeys/**")
    page.keyboard.press("t")
    expect(page.locator("main details").first).to_have_attribute("open", "")
    page.keyboard.press("i")
    page.wait_for_url(f"**/incidents/{broken}")


def test_incident__taken_with_a_token__is_theirs_and_without_is_refused(
    page: Page, stage: Stage, broken: str
) -> None:
    """Who reads sees no button and is refused; an operator logs in and takes it."""
    at = f"{stage.guarded.address}/incidents/{broken}"
    page.goto(at)
    page.wait_for_url("**/login")
    log_in(page, "no-token-has-this-one")
    expect(page.locator("main")).to_contain_text("No token has this secret")
    page.goto(f"{stage.guarded.address}/login")
    log_in(page, SECRETS["viewer"])
    page.goto(at)
    expect(page.locator("#acts")).to_contain_text("need the role operator")
    assert (
        403
        == page.request.post(f"{at}/acknowledge", headers={"Origin": stage.guarded.address}).status
    )

    page.goto(f"{stage.guarded.address}/login")
    log_in(page, SECRETS["operator"])
    page.goto(at)
    page.keyboard.press("a")
    page.locator("#acts button", has_text="Take").click()
    expect(page.locator("#outcome")).to_be_visible()
    expect(page.locator("#answer .meta")).to_contain_text("owner operator")


def test_incident__keys_for_words__reach_their_fields_from_any_list(
    page: Page, stage: Stage, broken: str
) -> None:
    """`n`, `h` and `s` go to the incident of the row in focus and into the field; nothing is sent
    until its button is pressed."""
    home = stage.guarded.address
    page.goto(f"{home}/login")
    log_in(page, SECRETS["operator"])
    for key, field in (("n", "note"), ("h", "hand-over"), ("s", "silence")):
        page.goto(f"{home}/incidents")
        page.keyboard.press("j")
        page.keyboard.press(key)
        page.wait_for_url(f"**/incidents/{broken}#{field}")
        expect(page.locator(f"#{field}")).to_be_focused()
        page.goto(f"{home}/incidents/{broken}")
        page.keyboard.press(key)
        expect(page.locator(f"#{field}")).to_be_focused()
    page.locator("#note").fill("a person looks at it")
    page.locator("#note").press("Enter")
    expect(page.locator("#outcome")).to_contain_text("noted")
    expect(page.locator("#log")).to_contain_text("noted: a person looks at it", timeout=FOUND_MS)
    page.locator("#hand-over").fill("night shift")
    page.locator("#hand-over").press("Enter")
    expect(page.locator("#answer .meta")).to_contain_text("owner night shift", timeout=FOUND_MS)
    expect(page.locator("#log")).to_contain_text("handed it to night shift")


def test_every_page__in_both_themes__can_be_used_by_all(
    page: Page, stage: Stage, broken: str
) -> None:
    """axe-core finds nothing serious; pictures are kept if they are asked for."""
    found = []
    for name, path in places(stage, broken).items():
        for theme in THEMES:
            page.context.add_cookies([{"name": "theme", "value": theme, "url": stage.open.address}])
            page.goto(path)
            if TAKES_PICTURES:
                keep(page, f"{name}-{theme}")
            found += [f"{name} {theme}: {each}" for each in barriers(page)]
        if TAKES_PICTURES and name in ("overview", "incident"):
            page.set_viewport_size(PHONE)
            keep(page, f"{name}-phone")
            page.set_viewport_size(WIDE)
    assert [] == found
