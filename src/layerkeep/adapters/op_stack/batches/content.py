"""A channel's content: decompressed piece by piece, cut into its RLP strings, within a limit.

The protocol accepts every batch that lies whole within the first bytes up to the limit, and stops
at the first fault. So the records before a fault come out before ValueError is raised. Compressed
bytes are fed one by one: what stands before a fault is then never lost along with it.
"""

import zlib
from collections.abc import Iterator

import brotli

CONTENT_BYTES_MAX = 100_000_000
"""`MAX_RLP_BYTES_PER_CHANNEL` since Fjord."""

CONTENT_BYTES_MAX_BEFORE_FJORD = 10_000_000

BROTLI_VERSION = 1
ZLIB_METHODS = (8, 15)
"""Low nibbles of the first byte that announce zlib (RFC 1950 defines only the first)."""

DEFLATE = 8
WINDOW_MAX = 7
PRESET_DICTIONARY = 0x20
RAW_DEFLATE = -15
PIECE_BYTES = 65_536
"""How much brotli puts out at a time; one compressed byte may stand for megabytes."""


def records(channel: bytes, *, fjord: bool) -> Iterator[bytes]:
    """The RLP strings in a channel; ValueError at the first fault, after what precedes it.

    A stream that ends without its end mark is no fault if it ends between two strings: batchers
    do post such streams, and nodes read them.
    """
    limit = CONTENT_BYTES_MAX if fjord else CONTENT_BYTES_MAX_BEFORE_FJORD
    content = _Content(_decompressed(channel, fjord=fjord))
    while content.taken < limit and content.holds(1):
        yield content.string(limit - content.taken)


class _Content:
    """Decompressed bytes, drawn only as far as they are asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.taken = 0
        self._pieces = pieces
        self._drawn = bytearray()

    def holds(self, count: int) -> bool:
        """Whether at least `count` bytes follow."""
        while len(self._drawn) < count:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._drawn += piece
        return True

    def string(self, room: int) -> bytes:
        """Takes the RLP string that follows, which may use `room` bytes with its prefix."""
        head = self._drawn[0]
        if head < 0x80:
            return self._take(0, 1)
        if head >= 0xC0:
            raise ValueError(f"byte {self.taken} of the content starts a list, not a batch")
        if head < 0xB8:
            start, length = 1, head - 0x80
        else:
            start = head - 0xB7 + 1
            self._need(start)
            length = int.from_bytes(self._drawn[1:start])
            if self._drawn[1] == 0 or length < 56:
                raise ValueError(f"byte {self.taken}: RLP length is longer than it need be")
        if start + length > room:
            raise ValueError(f"batch at byte {self.taken} of {length} bytes passes the limit")
        self._need(start + length)
        if length == 1 and self._drawn[1] < 0x80:
            raise ValueError(f"byte {self.taken}: RLP byte that stands for itself has a length")
        return self._take(start, start + length)

    def _need(self, count: int) -> None:
        if not self.holds(count):
            raise ValueError(
                f"batch at byte {self.taken} needs {count} bytes, has {len(self._drawn)}"
            )

    def _take(self, start: int, end: int) -> bytes:
        found = bytes(self._drawn[start:end])
        del self._drawn[:end]
        self.taken += end
        return found


def _decompressed(channel: bytes, *, fjord: bool) -> Iterator[bytes]:
    if not channel:
        raise ValueError("channel is empty")
    if channel[0] & 0x0F in ZLIB_METHODS:
        return _inflated(channel)
    if channel[0] != BROTLI_VERSION:
        raise ValueError(f"channel starts with {channel[0]:#04x}: no known compression")
    if not fjord:
        raise ValueError("channel is compressed with brotli, which is not valid before Fjord")
    return _unbrotlied(channel)


def _inflated(channel: bytes) -> Iterator[bytes]:
    """A zlib stream (RFC 1950): head, deflate, checksum."""
    head = channel[:2]
    if len(head) < 2 or head[0] & 0x0F != DEFLATE or head[0] >> 4 > WINDOW_MAX:
        raise ValueError(f"zlib stream has a bad head: {head.hex()}")
    if int.from_bytes(head) % 31 or head[1] & PRESET_DICTIONARY:
        raise ValueError(f"zlib stream has a bad head: {head.hex()}")
    inflater = zlib.decompressobj(RAW_DEFLATE)
    checksum = zlib.adler32(b"")
    for place in range(2, len(channel)):
        try:
            piece = inflater.decompress(channel[place : place + 1])
        except zlib.error as error:
            raise ValueError(f"zlib stream is broken at byte {place}: {error}") from error
        checksum = zlib.adler32(piece, checksum)
        yield piece
        if inflater.eof:
            _check(checksum, channel[place + 1 : place + 5])
            return


def _check(checksum: int, trailer: bytes) -> None:
    """ValueError if the checksum is another; one that is missing or cut short says nothing."""
    if len(trailer) == 4 and checksum != int.from_bytes(trailer):
        raise ValueError(f"zlib stream ends with checksum {trailer.hex()}, has {checksum:08x}")


def _unbrotlied(channel: bytes) -> Iterator[bytes]:
    """A brotli stream (RFC 7932) behind its version byte."""
    decoder = brotli.Decompressor()
    for place in range(1, len(channel)):
        if decoder.is_finished():
            raise ValueError(f"brotli stream ends before byte {place} of {len(channel)}")
        try:
            piece = decoder.process(channel[place : place + 1], output_buffer_limit=PIECE_BYTES)
            yield piece
            while piece and not decoder.is_finished():
                piece = decoder.process(b"", output_buffer_limit=PIECE_BYTES)
                yield piece
        except brotli.error as error:
            raise ValueError(f"brotli stream is broken at byte {place}") from error
