"""Who speaks: a secret that is shown belongs to a declared token, and the token to a person."""

import hmac
from dataclasses import dataclass

from layerkeep.core.errors import SettingsError
from layerkeep.core.topology import Topology
from layerkeep.core.topology.access import ROLES
from layerkeep.edge.secrets import resolve


@dataclass(frozen=True, slots=True)
class Speaker:
    """A person, the token that was shown, and its role."""

    person: str
    token: str
    role: str

    def may(self, role: str) -> bool:
        """True if this role is theirs, or one below theirs."""
        return ROLES.index(self.role) >= ROLES.index(role)


def speaker(topology: Topology, reference: str, now: int) -> Speaker:
    """Who shows the secret behind `env:NAME` or `file:PATH`; SettingsError if it opens nothing."""
    shown = resolve(reference).encode()
    found = None
    for token in topology.api.tokens.values():
        if hmac.compare_digest(resolve(token.secret).encode(), shown):
            found = token
    if found is None:
        raise SettingsError(f"{reference}: no token of [api.tokens] has this secret")
    if found.expires is not None and found.expires <= now:
        raise SettingsError(f"the token {found.name} has expired; declare a new one")
    return Speaker(person_of(topology, found.name), found.name, found.role)


def person_of(topology: Topology, token: str) -> str:
    """Whose token it is: a declared person's; without declared people, the token's own name.

    SettingsError if people are declared and it is nobody's: one person could speak as two.
    """
    people = topology.people.people
    owners = [each.name for each in people.values() if each.token == token]
    if owners:
        return owners[0]
    if people:
        raise SettingsError(f"the token {token} is nobody's: name it in [people.NAME] token")
    return token
