"""No event: the bridges of the chains above are decoded by the adapters of those chains."""

from layerkeep.core.adapter import Event

EVENTS: tuple[Event, ...] = ()
