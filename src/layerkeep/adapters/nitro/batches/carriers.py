"""Where a batch's content lies: beside its head, in blobs, or elsewhere (nitro `daprovider`).

**A certificate hides everything.** An AnyTrust chain posts no content, only its hash and the
signatures of a committee that promises to hand it out until a time. From the parent alone nobody
can tell how many messages the batch has, when they were made, which transactions they hold, or
whether the content exists at all: only how many delayed messages it reads, which stands in the
batch's head. Comparing such a chain with its nodes needs the content from the committee first, and
trusts it as far as its hash goes. A certificate of another data layer hides the same.
"""

from dataclasses import dataclass

from layerkeep.core.units import SECOND, Timestamp

ANY_TRUST = 0x80
TREE = 0x08
AUTHENTICATED = 0x40
BLOB_HASHES = AUTHENTICATED | 0x10
ZERO_HEAVY = 0x20
FOREIGN = 0x01
KNOWN = ANY_TRUST | TREE | BLOB_HASHES | ZERO_HEAVY | FOREIGN

HASH_BYTES = 32
SIGNATURE_BYTES = 96
VERSION_MAX = 1


@dataclass(frozen=True, slots=True)
class Inline:
    """The content itself, still compressed."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class InBlobs:
    """The content lies in the parent's blobs with these versioned hashes, in this order."""

    versioned_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Certified:
    """The content lies with an AnyTrust committee; see this module on what that hides."""

    keyset_hash: bytes
    content_hash: bytes
    version: int
    """0: a keccak of the whole content; 1: the root of a tree over its parts."""

    kept_until: Timestamp
    signers: int
    """A bit for each member of the keyset that signed."""

    signature: bytes


@dataclass(frozen=True, slots=True)
class Foreign:
    """The content lies with a data layer of the chain's own, which reads this certificate."""

    certificate: bytes


Carrier = Inline | InBlobs | Certified | Foreign


def carrier_of(posted: bytes) -> Carrier:
    """Where the content of a posted batch lies; ValueError if its head cannot be understood.

    An empty batch is a forced inclusion: it holds delayed messages alone.
    """
    flags = posted[0] if posted else 0
    if flags & AUTHENTICATED and flags & ~KNOWN:
        raise ValueError(f"batch of kind {flags:#04x}: nodes stop at it as too old for it")
    if flags & ANY_TRUST:
        return _certified(posted)
    if flags & BLOB_HASHES == BLOB_HASHES:
        return _in_blobs(posted[1:])
    if flags == FOREIGN:
        return Foreign(posted[1:])
    return Inline(posted)


def _in_blobs(hashes: bytes) -> InBlobs:
    if not hashes or len(hashes) % HASH_BYTES:
        raise ValueError(f"blob hashes have {len(hashes)} bytes")
    starts = range(0, len(hashes), HASH_BYTES)
    return InBlobs(tuple(hashes[start : start + HASH_BYTES] for start in starts))


def _certified(posted: bytes) -> Certified:
    """An AnyTrust certificate (nitro `DeserializeCertFrom`)."""
    has_version = bool(posted[0] & TREE)
    sizes = (1, HASH_BYTES, HASH_BYTES, 8, 1 if has_version else 0, 8, SIGNATURE_BYTES)
    if len(posted) < sum(sizes):
        raise ValueError(f"certificate has {len(posted)} bytes, not {sum(sizes)}")
    fields, start = [], 0
    for size in sizes:
        fields.append(posted[start : start + size])
        start += size
    _, keyset, content, timeout, version, signers, signature = fields
    if int.from_bytes(version) > VERSION_MAX:
        raise ValueError(f"certificate of version {version[0]}, which is unknown")
    return Certified(
        keyset_hash=keyset,
        content_hash=content,
        version=int.from_bytes(version),
        kept_until=Timestamp(int.from_bytes(timeout) * SECOND),
        signers=int.from_bytes(signers),
        signature=signature,
    )
