"""Every name a fact mentions finds it: transactions, message ids, keys, claims and their roots.

A name is indexed by 63 bits of it: small rows make ten million messages searchable in memory. Two
names may share them, so whoever looks one up compares the whole names afterwards.
"""

from collections.abc import Collection
from hashlib import blake2b

from layerkeep.core.facts import (
    ClaimCovers,
    Claimed,
    ClaimMoved,
    Described,
    Fact,
    Judged,
    Posted,
    Reached,
    Sent,
)
from layerkeep.core.view import POSTED

HASH_LENGTH = 66
"""32 bytes as 0x-prefixed hex."""

SMALL = "0x" + "0" * 24
"""A number where others have a hash: as many chains have one of the same, it stands for none."""


def digest(name: str) -> int:
    """63 bits for a name: a hash stands for itself, a key for its hash, anything else as it is."""
    last = name[-HASH_LENGTH:]
    is_hash = last[:2] == "0x" and last[:26] != SMALL and name[-HASH_LENGTH - 1 :][:1] in "0/"
    if is_hash and len(last) == HASH_LENGTH:
        try:
            return int(last[-16:], 16) >> 1
        except ValueError:
            pass  # it only looks like one
    return int.from_bytes(blake2b(name.lower().encode(), digest_size=8).digest()) >> 1


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
        root = says.root if isinstance(says, Claimed) else ""
        if root and not root.startswith(SMALL):
            names.add(root)
    elif isinstance(says, Posted):
        names.add(batches_of(says.child))
    elif isinstance(says, Judged):
        names.add(judged_of(says.subject))
    return names


def batches_of(child: str) -> str:
    """The name under which every batch of a child is found."""
    return f"{child}/{POSTED}"


def judged_of(subject: str) -> str:
    """The name under which every judgement of a subject is found, and nothing else is."""
    return f"{subject} judged"


def digests(fact: Fact) -> set[int]:
    """The digests under which a fact is indexed."""
    return set(map(digest, mentioned(fact)))


def is_meant(fact: Fact, names: Collection[str]) -> bool:
    """True if the fact mentions one of these lower-case names, a hash alone or as part of a key."""
    for name in mentioned(fact):
        known = name.lower()
        if known in names or known.rsplit("/", 1)[-1] in names:
            return True
    return False
