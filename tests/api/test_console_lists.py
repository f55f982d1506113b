"""The pages of lists: chains, incidents, upstreams, rules, coverage, drills."""

import re

import msgspec
import pytest
from scenes_chains import (
    COVERAGE,
    DELTA,
    DRILLS,
    ETHEREUM,
    GAMMA,
    INCIDENT,
    OVER,
    RULES,
    SHOWN,
    UNSEEN,
    UPSTREAMS,
    Told,
    drawn,
    parts_drawn,
)

from layerkeep.api.console.markdown import markdown
from layerkeep.api.console.pages.chains import answer_of, state_of
from layerkeep.api.console.pages.incidents import ENDED_MAX
from layerkeep.api.shapes.incidents import CoverageShown
from layerkeep.api.source import NotKnown
from layerkeep.app.answers.drills import keep_drills, kept_drills
from layerkeep.bench.drill import Record
from layerkeep.cli.drill import shown
from layerkeep.core.errors import SettingsError

PATHS = (
    "/chains",
    "/incidents",
    "/upstreams",
    "/rules",
    "/rules/chain_halted",
    "/coverage",
    "/drills",
)
HOSTILE = "<img src=x onerror='y'>\" style=\"z"


def plain(html: str) -> str:
    """What a reader sees."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").split())


@pytest.mark.parametrize("path", PATHS)
def test_list__of_any_kind__is_one_page_with_its_parts(path):
    """One answer, parts that are one element each, no script or style of its own."""
    html = drawn(path)

    assert 1 == html.count('id="answer"')
    assert [] == re.findall(r"<style|<script(?! src=)|\sstyle=", html)
    for name, part in parts_drawn(path).items():
        opened = re.match(r"<(\w+)[^>]*\bid=\"([\w-]+)\"", part)
        assert opened is not None, part[:120]
        assert (name, True) == (opened.group(2), part.endswith(f"</{opened.group(1)}>"))


def test_chains__in_any_state__stand_in_the_order_of_the_topology():
    """State never reorders them, and a blind one is hatched without a head."""
    part = parts_drawn("/chains")["list"]
    places = [part.index(f'href="/chains/{name}"') for name in ("ethereum", "op-main", "gamma")]

    assert sorted(places) == places
    assert "hatch" in part
    assert "blind for 4 m 12 s" in plain(part)
    assert 'id="h-gamma"' not in part


def test_chains__all_well__are_said_to_move_without_a_tick():
    """Truth is not checked here, so nothing is said of it."""
    assert ("quiet", "ethereum has an overdue head") != answer_of((ETHEREUM,))
    assert ("quiet", "All 1 chain move inside usual") == answer_of((ETHEREUM,))
    assert ("quiet", "Not every chain was seen yet") == answer_of(())


def test_chain__overdue_behind_another__is_a_symptom():
    """What makes it so is another's to mend."""
    assert "symptom" == state_of(DELTA)
    assert "overdue" == state_of(msgspec.structs.replace(DELTA, mark="usual"))
    assert ("blind", "gamma is blind") == answer_of((ETHEREUM, GAMMA, DELTA))


def test_incidents__open_and_over__are_told_apart():
    """The open with cost and owner, the ended with how long they lasted."""
    parts = parts_drawn("/incidents")
    still, ended = plain(parts["list"]), plain(parts["ended"])

    assert "7f3a91" in still
    assert "6 symptoms, 41 messages , 12 users, 318.42 ETH" in still
    assert "No owner" in still
    assert "19aa02" not in still
    assert "19aa02" in ended
    assert "12 m 00 s" in ended
    assert '<use href="#seen"/>' in parts["list"]


def test_incidents__none_open__say_when_the_last_one_was():
    """Empty and good."""
    html = plain(drawn("/incidents", Told(all_incidents=(OVER,))))

    assert "No incident is open. The last one ended 21 Nov 03:15." in html
    assert "None ended in the last 7 days." in plain(drawn("/incidents", Told(all_incidents=())))


def test_incidents__more_ended_than_anybody_reads__are_cut_and_it_is_said():
    """After a storm the page is no larger than a screen can be read."""
    many = tuple(msgspec.structs.replace(OVER, id=f"{n:012x}") for n in range(ENDED_MAX + 1))
    html = plain(drawn("/incidents", Told(all_incidents=many)))
    assert f"only the last {ENDED_MAX} are shown" in html
    whole = plain(drawn("/incidents", Told(all_incidents=many[1:])))
    assert "are shown" not in whole


def test_incidents__before_anything_is_judged__are_not_known():
    """Nothing found is not the same as nothing there."""
    html = plain(drawn("/incidents", Told(all_incidents=(), judging=False)))

    assert "Not judging yet" in html
    assert "Not known." in html
    assert "No incident is open" not in html


def test_upstreams__silent_and_odd__are_marked_with_words():
    """What is not seen has no figure."""
    part = plain(parts_drawn("/upstreams")["list"])

    assert "pub-2 execution 18,442,578 head provider 18,204 block-hash-differs" in part
    assert "gamma-1 reads not seen not known not told 0 none" in part
    assert "connection refused" in part
    assert "Nobody answers for gamma" in plain(drawn("/upstreams"))


def test_upstreams__that_lied__lead():
    """False is said first."""
    liar = msgspec.structs.replace(UPSTREAMS[4], mark="false", incident=INCIDENT)
    html = drawn("/upstreams", Told(all_upstreams=(*UPSTREAMS[:4], liar)))

    assert "pub-2 told something that is false" in plain(html)


def test_upstreams__none__are_not_known():
    """Nothing can be seen, and nobody is said to answer."""
    assert "Not known" in plain(drawn("/upstreams", Told(all_upstreams=())))


def test_rules__that_lack__are_not_said_to_be_well():
    """How many subjects cannot be judged, and when it last could."""
    html = plain(drawn("/rules"))

    assert "2 rules watch, 1 problem found now" in html
    assert "1 rule lacks something to judge by" in html
    assert "never yet" in html


def test_rule__with_its_page__is_rendered_without_html():
    """Markdown is drawn, tags in it stay text, links lead nowhere harmful."""
    text = "# a\n\n<b onclick=x>b</b> ![p](http://x/y.png) [c](javascript:d)\n"
    found = str(markdown(text))

    assert "<h1>a</h1>" in found
    assert "&lt;b onclick=x&gt;" in found
    assert "<img" not in found
    assert "href" not in found.replace("http://x/y.png", "").replace('href="', "", 1)
    assert 'href="javascript' not in found
    assert "<li>Look.</li>" in drawn("/rules/chain_halted")


def test_rule__that_is_not_there__is_not_known_and_names_the_nearest():
    """A slip of the pen is helped."""
    with pytest.raises(NotKnown) as raised:
        drawn("/rules/chain_haltd")

    assert "chain_halted" == raised.value.near


def test_coverage__with_gaps__tells_what_and_why():
    """What cannot be judged now apart from what is not watched at all."""
    html = plain(drawn("/coverage"))

    assert "2 subjects cannot be judged now" in html
    assert "gamma gamma batcher actor funds gamma is blind 4 m 12 s" in html
    assert "epsilon epsilon every rule no upstream is named for this chain always" in html


def test_coverage__before_anything_is_judged__is_not_known():
    """No gap known is no proof that there is none."""
    early = CoverageShown(judging=False, rules=RULES, gaps=(), watched=0, lacking=0)
    html = plain(drawn("/coverage", Told(of_coverage=early)))

    assert "Not judging yet" in html
    assert "Not known." in html


def test_coverage__without_gaps__says_so():
    """Every rule has all it needs."""
    whole = msgspec.structs.replace(COVERAGE, gaps=(), lacking=0)

    assert "All that is watched can be judged" in plain(drawn("/coverage", Told(of_coverage=whole)))


def test_drills__run_and_not_run__are_told_plainly():
    """A late, wrongly named one is not passed; none says how to run one."""
    html = plain(drawn("/drills"))
    none = plain(drawn("/drills", Told(all_drills=())))

    assert "1 of 2 drills passed" in html
    assert "9 s, too late" in html
    assert "chain-halted chain:l1, wrong" in html
    assert "No drill has run here" in none
    assert "layerkeep drill --all" in none


def test_drills__kept_twice__are_the_newest_of_each(tmp_path):
    """A fault that is drilled again takes its former place; others stay."""
    place = tmp_path / "drills.json"
    again = msgspec.structs.replace(DRILLS[1], passed=True)

    keep_drills(place, DRILLS)
    keep_drills(place, [again])

    assert (DRILLS[0], again) == kept_drills(place)
    assert () == kept_drills(tmp_path / "none.json")


def test_drills__in_a_broken_file__are_no_riddle(tmp_path):
    """The operator is told which file, and what to do."""
    place = tmp_path / "drills.json"
    place.write_text("{")

    with pytest.raises(SettingsError, match=r"drills\.json"):
        kept_drills(place)


def test_drill__as_recorded__is_shown_in_milliseconds():
    """What did not happen stays unsaid."""
    record = Record("batcher-stopped", "batcher:l2", "batches-stalled", 25.0, after_s=18.25)
    found = shown(record, ended=7)

    assert (25_000, 18_250, None, 7, False) == (
        found.bound,
        found.found,
        found.resolved,
        found.ended,
        found.passed,
    )


def test_lists__with_hostile_words__stay_text():
    """Titles, owners, clients and reasons are whatever somebody sends."""
    told = Told(
        all_chains=(msgspec.structs.replace(ETHEREUM, phrase=HOSTILE),),
        all_incidents=(
            msgspec.structs.replace(SHOWN, title=HOSTILE, owner=HOSTILE),
            UNSEEN,
        ),
        all_upstreams=(
            msgspec.structs.replace(UPSTREAMS[0], client=HOSTILE, lies=(HOSTILE,), name=HOSTILE),
        ),
        all_rules=(msgspec.structs.replace(RULES[0], about=HOSTILE, page=HOSTILE),),
    )
    for path in ("/chains", "/incidents", "/upstreams", "/rules", "/rules/chain_halted"):
        html = drawn(path, told)

        assert "<img" not in html
        assert "&lt;img src=x" in html
