"""Turns pages into HTML. Everything that is put into a template is escaped."""

from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from layerkeep.api.console.assets import Assets
from layerkeep.api.console.draw.gauge import gauge
from layerkeep.api.console.page import Page, Place
from layerkeep.api.console.top import Top
from layerkeep.api.console.words import FILTERS

TOP_PARTS = {"nav": "top/nav.html", "live": "top/live.html", "clock": "top/clock.html"}
"""The parts of the bar that change, on every page."""


class Renderer:
    """The templates, compiled once each."""

    def __init__(self, assets: Assets) -> None:
        self._templates = Environment(
            loader=PackageLoader("layerkeep.api.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.filters.update({each.__name__: each for each in FILTERS})
        self._templates.globals.update(asset=assets.path, gauge=gauge)

    def page(self, page: Page, place: Place, top: Top) -> str:
        """The whole page."""
        return self._templates.get_template(page.template).render(_context(page, place, top))

    def parts(self, page: Page, place: Place, top: Top) -> dict[str, str]:
        """Each part that the stream may replace, by its element's id."""
        context = _context(page, place, top)
        return {
            name: self._templates.get_template(template).render({**context, "part": name}).strip()
            for name, template in {**TOP_PARTS, **page.parts}.items()
        }


def _context(page: Page, place: Place, top: Top) -> dict[str, object]:
    around = {"page": page, "place": place, "top": top}
    return {**page.context, **around, "here": address(place), "heading": heading(page, top)}


def heading(page: Page, top: Top) -> str:
    """What a browser's tab says; a page's `badge` is its mark as a letter."""
    return f"{page.context.get('badge', '')}{page.title} · layerkeep {top.network}"


def address(place: Place) -> str:
    """The address of a place as a browser writes it: path and query."""
    query = urlencode(place.query)
    return f"{quote(place.path)}?{query}" if query else quote(place.path)
