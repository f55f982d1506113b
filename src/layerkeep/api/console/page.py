"""What a page is: where its reader is, and what is drawn there."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from layerkeep.api.source import Source


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is: `/chains/l2` with `name` l2, and what stands behind the `?`.

    `theme` is `dark`, `light` or empty (as the system prefers); `role` is `viewer`, `operator` or
    `admin`. `who` is the name of the reader's token, on pages that differ by it.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    theme: str = ""
    role: str = "viewer"
    who: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its sentence, its template, and the parts of it that the stream replaces.

    `nav` is the word of the navigation it belongs to. `parts` maps an element's id to the template
    that renders that element and nothing else. A page with a `location` sends its reader there.
    """

    title: str
    nav: str
    template: str
    parts: Mapping[str, str]
    context: Mapping[str, Any]
    status: int = 200
    location: str = ""


PageOf = Callable[[Source, Place], Awaitable[Page]]
"""Makes a page; NotKnown becomes a calm page that says so."""
