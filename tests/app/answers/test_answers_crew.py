"""The crew of a daemon: whose word counts, pages of notices and runs, links, means."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1])]

from run_scene import ANN, Stage, on_stage  # noqa: E402

from layerkeep.api.crew import NotPossible  # noqa: E402
from layerkeep.api.shapes.runs import RunWord  # noqa: E402
from layerkeep.api.source import BadCursor, NotKnown  # noqa: E402
from layerkeep.app.answers import Answers  # noqa: E402
from layerkeep.app.answers.incidents.aftermath import Aftermath, Means, means_of  # noqa: E402
from layerkeep.app.answers.incidents.report import report_of  # noqa: E402
from layerkeep.app.answers.operating.crew import CrewAnswers  # noqa: E402
from layerkeep.app.daemon import Network  # noqa: E402
from layerkeep.app.diary import incident_of  # noqa: E402
from layerkeep.app.paging.links import ack_token  # noqa: E402
from layerkeep.app.runs import asking  # noqa: E402
from layerkeep.app.runs.asking import Proposal  # noqa: E402
from layerkeep.core.acting.paging.model import Call, Paging  # noqa: E402
from layerkeep.core.acting.people.model import People, Person  # noqa: E402
from layerkeep.edge.store.audit import read_audit  # noqa: E402
from layerkeep.edge.store.notices import NoticeRow, add_notices  # noqa: E402
from layerkeep.edge.store.observations import read_incident  # noqa: E402


def word(action: str, token: str, target: str, **more: object) -> RunWord:
    """What is said with an operator's token."""
    return RunWord(action=action, token=token, role="operator", target=target, **more)


def introduce(stage: Stage, **tokens: str) -> None:
    """These people have these tokens."""
    network = stage.daemon.network
    people = People({name: Person(name, token=token) for name, token in tokens.items()})
    topology = replace(network.topology, people=people, paging=Paging(secret="env:CREW_SECRET"))
    stage.daemon.network = Network(topology, network.adapters)


def test_word__of_a_token__is_its_persons_and_never_the_proposers_own(tmp_path: Path) -> None:
    """Two tokens of one person are one person; a token that is nobody's has no say."""

    async def body(stage: Stage) -> None:
        crew = CrewAnswers(stage.daemon)
        name = await stage.incident()
        introduce(stage, ann="laptop", bob="desk")
        run = await crew.say(word("propose", "laptop", "wake", incident=name))
        assert "ann" == run.proposed_by
        await stage.go(stage.worker())
        for token, why in (("laptop", "does not approve it"), ("stray", "is nobody's")):
            with pytest.raises(NotPossible, match=why):
                await crew.say(word("approve", token, run.id))
        agreed = await crew.say(word("approve", "desk", run.id))
        assert ("approved", 1) == (agreed.state, agreed.agreed)
        said = [(each.who, each.action) for each in await read_audit(stage.daemon.store, None, 9)]
        assert ("bob", "run.approve") == said[0]
        assert "bob" == crew.person("desk")
        assert "" == crew.person("stray")
        with pytest.raises(NotKnown):
            await crew.say(word("approve", "desk", "nothing"))
        with pytest.raises(NotKnown):
            await crew.say(word("propose", "desk", "wakes", incident=name))

    on_stage(tmp_path, body)


def test_runs_and_notices__page_by_page__are_all_there_once(tmp_path: Path) -> None:
    """Of one moment, too; a cursor that was made up is refused."""

    async def body(stage: Stage) -> None:
        crew, name, store = CrewAnswers(stage.daemon), await stage.incident(), stage.daemon.store
        for _ in range(5):
            now = stage.daemon.time
            run = await asking.propose(stage.place, Proposal("wake", name), ANN, now)
            await asking.deny(stage.place, run.id, ANN, now)
        rows = [
            NoticeRow(f"{n:016x}", now + n // 2, "page", "ann", "chat", "sent", now)
            for n in range(5)
        ]
        await add_notices(store, [replace(r, calls=(Call(name, now, 0, 0),)) for r in rows])

        async def collect(read):
            found, cursor = [], ""
            while True:
                page = await read(cursor)
                found += [each.id for each in page.items]
                assert len(page.items) <= 2
                cursor = page.cursor
                if not cursor:
                    return found

        for incident in ("", name):
            runs = await collect(lambda at, of=incident: crew.runs(of, at, 2, open_only=False))
            told = await collect(lambda at, of=incident: crew.notices(of, at, 2))
            assert (5, 5) == (len(runs), len(set(runs)))
            assert ["4", "2", "3", "0", "1"] == [each[-1] for each in told]
        assert () == (await crew.notices("unknown", "", 9)).items
        for cursor in ("x", "1", "-1-2", "1- "):
            with pytest.raises(BadCursor):
                await crew.notices("", cursor, 2)

    on_stage(tmp_path, body)


def test_link__looked_at__is_told_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offered as it stands; forged ones fill no audit; pressed, it is a word in the store."""
    monkeypatch.setenv("CREW_SECRET", "signs-the-links-of-this-test")

    async def body(stage: Stage) -> None:
        crew, name = CrewAnswers(stage.daemon), await stage.incident()
        introduce(stage, ann="laptop")
        token = ack_token("signs-the-links-of-this-test", [name], "ann", stage.daemon.time)
        before = len(await read_audit(stage.daemon.store, None, 99))
        (offered,) = await crew.offered(token)
        assert ("taken", "ann") == (offered.result, offered.by)
        assert before == len(await read_audit(stage.daemon.store, None, 99))
        for _ in range(20):
            assert ["not-ours"] == [each.result for each in await crew.take(token + "x")]
            assert "not-ours" == (await crew.reply(b"{}", {})).result
        assert before + 1 == len(await read_audit(stage.daemon.store, None, 99))
        assert ["taken"] == [each.result for each in await crew.take(token)]
        await stage.daemon.heed()
        assert ["already-taken"] == [each.result for each in await crew.offered(token)]
        row = await read_incident(stage.daemon.store, name)
        assert row is not None
        assert "laptop" == incident_of(row).owner

    on_stage(tmp_path, body)


def test_incident__without_policies__is_told_as_it_is(tmp_path: Path) -> None:
    """Nobody owns it and nobody is called; what answers it can be proposed."""

    async def body(stage: Stage) -> None:
        crew, name = CrewAnswers(stage.daemon), await stage.incident()
        told = await crew.of_incident(name)
        assert ("", False, None, ()) == (told.owner, told.calls, told.due, told.levels)
        assert "wake" in [each.runbook for each in told.offers]
        owners = await crew.owners()
        assert owners.orphans
        assert [] == list((await crew.oncall(stage.daemon.time)).rotations)

    on_stage(tmp_path, body)


def test_report__of_what_was_tried__has_runs_means_and_follow_ups(tmp_path: Path) -> None:
    """MTTD, MTTA and MTTR by their definitions; what the facts ask for stands as a row."""

    async def body(stage: Stage) -> str:
        answers, name = Answers(stage.daemon), await stage.incident()
        run = await asking.propose(stage.place, Proposal("wake", name), ANN, stage.daemon.time)
        await stage.go(stage.worker())
        stage.daemon.time += 3 * 3_600_000
        await stage.go(stage.worker())
        report = (await answers.incident(name)).report
        assert f"wake (run {run.id[:6]}), proposed by ann, 0 of 1 agreed: expired" in report
        assert "its run ended expired" in report
        assert "name an owner of" in report
        assert "no incident ended here in the last 90 days" in report
        row = await read_incident(stage.daemon.store, name)
        assert row is not None
        incident = incident_of(row)
        ended = [
            replace(incident, state="resolved", since=0, opened=opened, resolved_at=resolved)
            for opened, resolved in ((10_000, 100_000), (30_000, 300_000))
        ]
        ended[0].acknowledged_at = 15_000
        means = means_of([*ended, replace(incident, state="merged")])
        assert Means(2, 20_000.0, (5_000.0, 1), 200_000.0) == means
        shown = (await answers.incident(name)).incident
        return report_of(shown, (), (), incident.worst, Aftermath(means=means))

    report = on_stage(tmp_path, body)
    assert "- MTTD (mean time to detect): 20 s over 2 incidents" in report
    assert "of those that somebody took): 5 s over 1 incidents" in report
    assert "- MTTR (mean time to resolve): 3 m 20 s over 2 incidents" in report
