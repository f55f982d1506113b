"""Who may read and write: tokens with roles, and sessions of browsers that showed one.

Secrets are kept as digests only and compared in constant time, each of them each time.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from layerkeep.api.http.problems import Refusal
from layerkeep.core.topology.access import ROLES
from layerkeep.core.units import HOUR, SECOND

COOKIE = "layerkeep"
SESSION_LASTS = 12 * HOUR
SESSIONS_MAX = 1_024
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="layerkeep"'}
DECLARE = (
    "no token is declared, so nobody may write; declare one in the topology: [api.tokens.NAME] "
    'with role = "operator" and secret = "env:NAME", then start again'
)


@dataclass(frozen=True, slots=True)
class Token:
    """A name with a role; `digest` of its secret, `expires` in milliseconds since the epoch."""

    name: str
    role: str
    digest: bytes
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is; nameless where reading is open to all of this machine."""

    name: str
    role: str
    by_cookie: bool = False

    def may(self, role: str) -> bool:
        """True if this role is theirs, or one below theirs."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that showed a token's secret; it ends in milliseconds since the epoch."""

    token: Token
    ends: int


def token(name: str, role: str, secret: str, expires: int | None = None) -> Token:
    """A token that its secret opens."""
    assert role in ROLES, role
    return Token(name, role, _digest(secret), expires)


class Access:
    """Tells who a request is from. Without tokens reading is open, and only to this machine."""

    def __init__(self, tokens: Sequence[Token] = ()) -> None:
        self.tokens = tuple(tokens)
        self._sessions: dict[str, Session] = {}
        self._failure_due = 0

    @property
    def open(self) -> bool:
        """True while reading needs no token."""
        return not self.tokens

    def caller(self, authorization: str, session: str, now: int) -> Caller:
        """Whose request this is; Refusal if it shows nothing, or nothing that counts."""
        if self.open:
            return Caller("", "viewer")
        if authorization:
            found = self._bearer(authorization, now)
            return Caller(found.name, found.role)
        if session:
            found = self._session(session, now)
            return Caller(found.name, found.role, by_cookie=True)
        raise Refusal(
            401, "token-missing", "send a token: Authorization: Bearer SECRET", headers=CHALLENGE
        )

    def begin_session(self, secret: str, now: int) -> str:
        """A session for whom this secret belongs to; its key, for the cookie."""
        found = self._named(secret, now)
        ended = [key for key, each in self._sessions.items() if each.ends <= now]
        for key in ended:
            del self._sessions[key]
        while len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        key = secrets.token_urlsafe(32)
        self._sessions[key] = Session(found, now + SESSION_LASTS)
        return key

    def is_failure_news(self, now: int) -> bool:
        """True once a second at most: who tries secrets must not fill the audit."""
        is_news = now >= self._failure_due
        if is_news:
            self._failure_due = now + SECOND
        return is_news

    def end_session(self, key: str) -> None:
        """The session counts no more."""
        self._sessions.pop(key, None)

    def _bearer(self, authorization: str, now: int) -> Token:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise Refusal(
                401,
                "token-missing",
                "the Authorization header has another form than: Bearer SECRET",
                headers=CHALLENGE,
            )
        return self._named(secret.strip(), now)

    def _named(self, secret: str, now: int) -> Token:
        shown, found = _digest(secret), None
        for each in self.tokens:
            if hmac.compare_digest(each.digest, shown):
                found = each
        if found is None:
            headers = {
                "WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="invalid_token"'
            }
            raise Refusal(401, "token-wrong", "no token has this secret", headers=headers)
        return _current(found, now)

    def _session(self, key: str, now: int) -> Token:
        found = self._sessions.get(key)
        if found is None or found.ends <= now:
            raise Refusal(401, "session-ended", "log in again", headers=CHALLENGE)
        return _current(found.token, now)


def _current(found: Token, now: int) -> Token:
    if found.expires is not None and found.expires <= now:
        headers = {
            "WWW-Authenticate": f'{CHALLENGE["WWW-Authenticate"]}, error="invalid_token", '
            'error_description="expired"'
        }
        detail = f"the token {found.name} has expired; declare a new one in the topology"
        raise Refusal(401, "token-expired", detail, headers=headers)
    return found


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()
