"""The node's JSON made to look like that of the clients the devnet stands for."""

from typing import Any

BLOB_FIELDS = frozenset({"blobs", "commitments", "proofs", "cellProofs", "sidecar"})


def normal(result: Any) -> Any:
    """The result with the node's own ways of writing corrected, at every depth."""
    if isinstance(result, list):
        return [normal(one) for one in result]
    if not isinstance(result, dict):
        return result
    fixed = {key: normal(value) for key, value in result.items() if key not in BLOB_FIELDS}
    if isinstance(fixed.get("type"), str):
        fixed["type"] = fixed["type"].lower()
    if isinstance(fixed.get("blockTimestamp"), int):
        fixed["blockTimestamp"] = hex(fixed["blockTimestamp"])
    if fixed.get("mint") == "0x0":
        del fixed["mint"]
    if isinstance(fixed.get("depositNonce"), str):
        after = int(fixed["depositNonce"], 16)
        fixed["depositNonce"] = hex(max(0, after - 1))
    return fixed
