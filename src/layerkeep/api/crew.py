"""What is asked about the people of a network, and what they say to runs of runbooks."""

from collections.abc import Mapping
from typing import Protocol

from layerkeep.api.shapes.notices import NoticePage, Taken
from layerkeep.api.shapes.people import CoverPage, IncidentCrew, OncallPage, OwnersPage
from layerkeep.api.shapes.runs import (
    HaltShown,
    RunbookPage,
    RunbookShown,
    RunList,
    RunPage,
    RunShown,
    RunWord,
)


class NotPossible(Exception):
    """What was said does not count now; the text says why, for whoever said it."""


class Crew(Protocol):
    """Answers about people, what they were told and what is done.

    Raises NotKnown for a name that stands for nothing, NotPossible for a word that does not count,
    BadCursor for a cursor that was not given here.
    """

    async def owners(self) -> OwnersPage:
        """Who is responsible for what, and what nobody is responsible for."""

    async def oncall(self, at: int) -> OncallPage:
        """Who is on call at a moment, and until when."""

    async def cover(self, since: int, until: int) -> CoverPage:
        """Whose turn it is when, and where nobody or two people are on call."""

    async def notices(self, incident: str, cursor: str, count: int) -> NoticePage:
        """What was sent to whom, of one incident if it is named, the newest first."""

    async def runbooks(self) -> tuple[RunbookShown, ...]:
        """Every runbook by name."""

    async def runbook(self, name: str) -> RunbookPage:
        """One runbook with its steps and its page."""

    async def runs(self, incident: str, cursor: str, count: int, *, open_only: bool) -> RunList:
        """Runs, the newest first, and whether all of them are halted."""

    async def run(self, name: str) -> RunPage:
        """One run with its steps, who agreed and its history."""

    async def halted(self) -> HaltShown:
        """Whether somebody halted all runs."""

    async def of_incident(self, name: str) -> IncidentCrew:
        """Who answers for an incident, who was told, and what is or can be done."""

    def person(self, token: str) -> str:
        """Whose token this is, empty if it is nobody's."""

    async def say(self, word: RunWord) -> RunShown:
        """A person's word on a run counts, and is in the audit."""

    async def halt(self, word: RunWord) -> HaltShown:
        """Nothing is begun or carried on any more, or it may be again, and it is in the audit."""

    async def offered(self, token: str) -> tuple[Taken, ...]:
        """What a signed link would take, and how that stands; nothing is changed."""

    async def take(self, token: str) -> tuple[Taken, ...]:
        """What a signed link names is taken by whom it was sent to."""

    async def reply(self, body: bytes, headers: Mapping[str, str]) -> Taken:
        """What a signed reply names is taken by whom it names."""

    async def heard(self, body: bytes, headers: Mapping[str, str]) -> str:
        """The peer whose signed heartbeat this is, empty if it is nobody's."""
