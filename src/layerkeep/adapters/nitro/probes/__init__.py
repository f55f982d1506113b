"""Questions that logs cannot answer: about tickets and claims, what was delivered and posted."""

from layerkeep.adapters.nitro.probes.answers import NO_TICKET, PROBES, ticket_question
from layerkeep.adapters.nitro.probes.posts import Posting
from layerkeep.adapters.nitro.probes.tickets import inspect

__all__ = ["NO_TICKET", "PROBES", "Posting", "inspect", "ticket_question"]
