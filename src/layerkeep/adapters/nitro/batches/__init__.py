"""What a Nitro chain posts on its parent, decoded: calls, carriers, segments, messages.

    post_in(calldata) -> carrier_of -> Inline.payload or blobs_payload(blobs) -> messages_in
    sequencer_message(bytes) for a whole message with its head, as the inbox's accumulator has it

Sources: nitro `arbstate/inbox.go`, `daprovider`, `util/blobs`, `zeroheavy`, `arbos/parse_l2.go` and
nitro-contracts `SequencerInbox`. An AnyTrust certificate hides all of it: see `carriers`. Whatever
the bytes, nothing but ValueError is raised, with the reason.
"""

from layerkeep.adapters.nitro.batches.blobs import blobs_payload
from layerkeep.adapters.nitro.batches.carriers import (
    Carrier,
    Certified,
    Foreign,
    InBlobs,
    Inline,
    carrier_of,
)
from layerkeep.adapters.nitro.batches.content import segments_in
from layerkeep.adapters.nitro.batches.messages import (
    BatchHead,
    Message,
    messages_in,
    sequencer_message,
    transaction_hashes,
)
from layerkeep.adapters.nitro.batches.posts import Post, post_in

__all__ = [
    "BatchHead",
    "Carrier",
    "Certified",
    "Foreign",
    "InBlobs",
    "Inline",
    "Message",
    "Post",
    "blobs_payload",
    "carrier_of",
    "messages_in",
    "post_in",
    "segments_in",
    "sequencer_message",
    "transaction_hashes",
]
