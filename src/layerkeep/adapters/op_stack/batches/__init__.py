"""What an OP Stack rollup posts on its parent: payloads, frames, channels, batches, blocks.

    blob_payload(blob) or calldata -> frames_in -> Assembler.take -> batches_in -> PostedBlock

Specifications: https://specs.optimism.io/protocol/derivation.html and, beside it, delta
(span-batches), ecotone (blobs), fjord (brotli, limits), holocene (order of frames), isthmus
(set-code transactions). Whatever the bytes, nothing but ValueError is raised, with the reason.
"""

from layerkeep.adapters.op_stack.batches.blobs import blob_payload
from layerkeep.adapters.op_stack.batches.blocks import (
    Batch,
    PostedBlock,
    SpanTerms,
    Untold,
    transaction_hashes,
)
from layerkeep.adapters.op_stack.batches.channels import Assembler, Channel, Refused, Taken
from layerkeep.adapters.op_stack.batches.comparing import Difference, ServedBlock, compare
from layerkeep.adapters.op_stack.batches.frames import Frame, frames_in
from layerkeep.adapters.op_stack.batches.reading import batches_in
from layerkeep.adapters.op_stack.batches.served import served_block

__all__ = [
    "Assembler",
    "Batch",
    "Channel",
    "Difference",
    "Frame",
    "PostedBlock",
    "Refused",
    "ServedBlock",
    "SpanTerms",
    "Taken",
    "Untold",
    "batches_in",
    "blob_payload",
    "compare",
    "frames_in",
    "served_block",
    "transaction_hashes",
]
