"""Facts as a reader checks them."""

import msgspec

from layerkeep.api.shapes.journeys import ProofShown
from layerkeep.core.facts import AFTER_LOGS, Fact

_encoder = msgspec.json.Encoder()


def proof_of(fact: Fact) -> ProofShown:
    """What a fact says, where it stands and who told it; its body is the statement as JSON."""
    anchor = fact.anchor
    return ProofShown(
        says=str(fact.says.__struct_config__.tag),
        chain=anchor.chain,
        height=anchor.height,
        block=anchor.block,
        time=anchor.time,
        tx=anchor.tx,
        log=anchor.log_index if anchor.log_index != AFTER_LOGS else None,
        via=fact.via,
        body=_encoder.encode(fact.says).decode(),
    )
