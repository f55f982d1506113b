"""A batch poster's calldata (nitro-contracts `SequencerInbox`): which batch, and its content."""

from dataclasses import dataclass

from layerkeep.core.encoding import abi
from layerkeep.core.keccak import selector

PROOF = "(bytes32,(uint8,address,uint64,uint64,uint256,uint256,bytes32))"
"""That delayed messages were read in time; no part of the batch."""

WITH_CONTENT = tuple(
    selector(f"{name}({arguments})")
    for name, arguments in (
        ("addSequencerL2BatchFromOrigin", "uint256,bytes,uint256,address,uint256,uint256"),
        ("addSequencerL2Batch", "uint256,bytes,uint256,address,uint256,uint256"),
        (
            "addSequencerL2BatchFromOriginDelayProof",
            f"uint256,bytes,uint256,address,uint256,uint256,{PROOF}",
        ),
        (
            "addSequencerL2BatchDelayProof",
            f"uint256,bytes,uint256,address,uint256,uint256,{PROOF}",
        ),
    )
)
WITHOUT_COUNTS = tuple(
    selector(f"{name}(uint256,bytes,uint256,address)")
    for name in ("addSequencerL2BatchFromOrigin", "addSequencerL2Batch")
)
"""Deprecated forms of earlier contracts."""

IN_BLOBS = (
    selector("addSequencerL2BatchFromBlobs(uint256,uint256,address,uint256,uint256)"),
    selector(
        f"addSequencerL2BatchFromBlobsDelayProof(uint256,uint256,address,uint256,uint256,{PROOF})"
    ),
)


@dataclass(frozen=True, slots=True)
class Post:
    """What a poster's call says of its batch."""

    index: int
    content: bytes | None
    """The posted part of the sequencer message; None if it lies in the transaction's blobs."""

    after_delayed: int
    messages_before: int | None
    """How many messages the batches before it have; None in calls that do not say, 0 in calls that
    leave it unchecked."""

    messages_after: int | None


def post_in(calldata: bytes) -> Post:
    """What a call of a batch poster says; ValueError if it is no such call or malformed.

    A batch may also be posted by a call of another contract: then the event that the inbox emits
    tells where its content is.
    """
    function = "0x" + calldata[:4].hex()
    words = "0x" + calldata[4:].hex()
    if function in WITH_CONTENT or function in WITHOUT_COUNTS:
        counted = function in WITH_CONTENT
        return Post(
            index=abi.uint(words, 0),
            content=abi.dynamic_bytes(words, 1),
            after_delayed=abi.uint(words, 2),
            messages_before=abi.uint(words, 4) if counted else None,
            messages_after=abi.uint(words, 5) if counted else None,
        )
    if function in IN_BLOBS:
        return Post(
            index=abi.uint(words, 0),
            content=None,
            after_delayed=abi.uint(words, 1),
            messages_before=abi.uint(words, 3),
            messages_after=abi.uint(words, 4),
        )
    raise ValueError(f"call of {function}, which posts no batch")
