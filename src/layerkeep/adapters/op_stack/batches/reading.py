"""From a whole channel to its batches (derivation specification, batch format)."""

from collections.abc import Iterator

from layerkeep.adapters.op_stack.batches.blocks import Batch, PostedBlock, SpanTerms, Untold
from layerkeep.adapters.op_stack.batches.content import records
from layerkeep.adapters.op_stack.batches.span import span_batch
from layerkeep.adapters.op_stack.batches.walk import (
    fields_of,
    item_at,
    items_in,
    number_of,
    string_of,
)
from layerkeep.core.units import SECOND, Timestamp

SINGULAR = 0
SPAN = 1
HASH_BYTES = 32
NUMBER_BYTES = 8
TRANSACTIONS_MAX = 10_000_000
"""The protocol's bound of elements in a span batch, held for singular ones too."""


def batches_in(channel: bytes, terms: SpanTerms | None, *, fjord: bool = True) -> Iterator[Batch]:
    """The batches of a whole channel in order; ValueError at the first fault.

    Nodes keep the batches before a fault and pass over the rest of the channel: whoever iterates
    has them, whoever asks for all at once learns only of the fault. `fjord` says whether that
    upgrade was active in the L1 block that completed the channel: it allows brotli and more bytes.
    Without `terms` a span batch is Untold.
    """
    for record in records(channel, fjord=fjord):
        yield _batch(record, terms)


def _batch(record: bytes, terms: SpanTerms | None) -> Batch:
    if not record:
        raise ValueError("batch is empty")
    if record[0] == SINGULAR:
        return Batch("singular", (_singular(record[1:]),))
    if record[0] == SPAN and terms is None:
        raise Untold("span batches count their times from a genesis that is not known")
    if record[0] == SPAN and terms is not None:
        return span_batch(record[1:], terms)
    raise ValueError(f"batch of version {record[0]}, which is unknown")


def _singular(content: bytes) -> PostedBlock:
    outer = item_at(content, 0, len(content))
    if outer.end != len(content):
        raise ValueError(f"singular batch ends at byte {outer.end} of {len(content)}")
    parent, epoch, epoch_hash, timestamp, raws = fields_of(content, outer, 5)
    found: list[bytes] = []
    for raw in items_in(content, raws):
        if len(found) == TRANSACTIONS_MAX:
            raise ValueError(f"singular batch has more than {TRANSACTIONS_MAX} transactions")
        found.append(string_of(content, raw))
    return PostedBlock(
        timestamp=Timestamp(number_of(content, timestamp, NUMBER_BYTES) * SECOND),
        epoch_number=number_of(content, epoch, NUMBER_BYTES),
        epoch_check=string_of(content, epoch_hash, HASH_BYTES),
        parent_check=string_of(content, parent, HASH_BYTES),
        transactions=tuple(found),
    )
