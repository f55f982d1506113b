"""Where the people of a roster are reached: addresses are secrets, looked up when used."""

from layerkeep.core.acting.paging.roster import Rota
from layerkeep.edge.secrets import resolve


class Addresses(Rota):
    """The topology's people as a pager asks for them, and as what is sent finds them."""

    def address(self, person: str, channel: str) -> str:
        """The person's address on a channel; SettingsError if its secret is missing."""
        known = self._people.people.get(person)
        address = known.contacts.get(channel, "") if known is not None else ""
        return resolve(address) if address else ""
