"""The revision rises with all that changes what is shown."""

from answers_scene import L1, with_answers
from test_answers_messages import deposit, hashed


def test_revision__after_every_change__has_risen(tmp_path):
    """Facts, rows that were written, verdicts, and an engine that began anew."""

    async def body(daemon, answers):
        revisions = [answers.revision()]
        await daemon.tell(L1, deposit(1), tx=hashed(101))
        revisions.append(answers.revision())
        await daemon.store.save_messages((), (), 1)
        revisions.append(answers.revision())
        daemon.engine.watch.turns += 1
        revisions.append(answers.revision())
        await daemon.load()
        revisions.append(answers.revision())
        assert sorted(set(revisions)) == revisions

    with_answers(tmp_path / "s.sqlite", body)


def test_revision__while_nothing_happens__stays(tmp_path):
    """Else nobody would ever be spared an answer that they have."""

    async def body(daemon, answers):
        before = answers.revision()
        daemon.time += 1
        assert before == answers.revision()

    with_answers(tmp_path / "s.sqlite", body)
