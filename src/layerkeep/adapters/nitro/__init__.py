"""Arbitrum Nitro and Orbit: tickets and deposits through the inbox, sends through the outbox."""

from layerkeep.adapters.nitro.contracts import EVENTS, PARAMETERS, ROLES
from layerkeep.adapters.nitro.decode import decode_receipt
from layerkeep.adapters.nitro.lifecycles import LIFECYCLES, RHYTHM
from layerkeep.adapters.nitro.probes import PROBES, Posting, inspect
from layerkeep.core.adapter import Adapter

ADAPTER = Adapter(
    name="nitro",
    kind="stack",
    roles=ROLES,
    events=EVENTS,
    lifecycles=LIFECYCLES,
    probes=PROBES,
    parameters=PARAMETERS,
    decode_receipt=decode_receipt,
    counts_own_blocks=False,
    rhythm=RHYTHM,
    jobs={"batcher": "batch_poster", "proposer": "validator"},
    treasuries=("bridge",),
    checks=("claim", "batch", "withdrawal", "delivery"),
    inspect=inspect,
    posting=Posting,
)
