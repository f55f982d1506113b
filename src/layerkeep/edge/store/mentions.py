"""Every hash a fact mentions finds it: transactions, message ids, keys, claims."""

from hashlib import blake2b

from layerkeep.core.facts import (
    ClaimCovers,
    Claimed,
    ClaimMoved,
    Described,
    Fact,
    Reached,
    Sent,
)


def digest(name: str) -> bytes:
    """32 bytes for a name: a hash stands for itself, keys for their last part."""
    last = name.rsplit("/", 1)[-1]
    if len(last) == 66 and last.startswith("0x"):
        return bytes.fromhex(last[2:])
    return blake2b(last.lower().encode(), digest_size=32).digest()


def mentioned(fact: Fact) -> set[str]:
    """The names by which a fact can be found again."""
    says = fact.says
    names = {fact.anchor.tx} if fact.anchor.tx else set()
    if isinstance(says, Sent):
        names.update((says.message, *says.keys))
        if says.awaits:
            names.add(says.awaits)
    elif isinstance(says, Reached):
        names.add(says.key)
        if says.awaits:
            names.add(says.awaits)
    elif isinstance(says, Described):
        names.update((says.key, *says.keys))
    elif isinstance(says, Claimed | ClaimCovers | ClaimMoved):
        names.add(says.claim)
    return names


def digests(fact: Fact) -> set[bytes]:
    """The digests under which a fact is indexed."""
    return set(map(digest, mentioned(fact)))
