"""Whether conditions hold now, by the running engine, and where it has let go, by the store."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from layerkeep.app.runs.asking import incident_over
from layerkeep.core.acting.runbooks.model import Condition
from layerkeep.core.acting.runs.conditions import Look, holds, words
from layerkeep.core.acting.runs.model import DONE, Action
from layerkeep.core.units import Timestamp
from layerkeep.edge.steps import Performer
from layerkeep.edge.store.runs import stage_of

if TYPE_CHECKING:
    from layerkeep.app.daemon import Daemon

ANSWERS = "answers"


class Judge:
    """Looks at conditions for runs."""

    def __init__(self, daemon: "Daemon", performers: Mapping[str, Performer]) -> None:
        self.daemon = daemon
        self.performers = performers

    async def missing(self, conditions: Iterable[Condition]) -> list[str]:
        """Those that do not hold, or of which nobody can tell, in words."""
        found = []
        for condition in conditions:
            holding = await self.holds(condition)
            if holding is None:
                found.append(f"nobody can tell: {words(condition)}")
            elif not holding:
                found.append(words(condition))
        return found

    async def over(self, incident: str) -> str:
        """Why there is nothing left to do about an incident, empty while there is."""
        if incident in self.daemon.engine.incidents.open:
            return ""
        return await incident_over(self.daemon.store, incident)

    async def holds(self, condition: Condition, since: Timestamp | None = None) -> bool | None:
        """True, False, or None where nobody can tell."""
        if condition.name == ANSWERS:
            return await self._answers(condition)
        stages = await self._stages(condition)
        engine = self.daemon.engine
        look = Look(engine.watch.ground, engine.incidents.open, self.daemon.now(), since, stages)
        return holds(condition, look)

    async def _stages(self, condition: Condition) -> dict[str, str]:
        message = condition.params.get("message")
        if message is None or message in self.daemon.engine.view.messages:
            return {}
        stage = await stage_of(self.daemon.store, message)
        return {} if stage is None else {message: stage}

    async def _answers(self, condition: Condition) -> bool | None:
        """A question to the world by a method that only reads."""
        params = dict(condition.params)
        expected = params.pop("expect")
        performer = self.performers.get("rpc")
        if performer is None:
            return None
        outcome = await performer.perform(Action("rpc", params, ""))
        if outcome.state != DONE or "result" not in outcome.evidence:
            return None
        return bool(outcome.evidence["result"] == expected)
