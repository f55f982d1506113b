"""Answers of an endpoint that lies: right in form, false in one field."""

from typing import Any

LOG_METHODS = ("eth_getLogs", "eth_getTransactionReceipt", "eth_getBlockReceipts")
HEADER_METHODS = ("eth_getBlockByNumber", "eth_getBlockByHash")


def told(lie: str | None, method: str, result: Any) -> Any:
    """The result as the lie has it; methods that it is not about are answered honestly."""
    if lie == "logs" and method in LOG_METHODS:
        return _other_logs(result)
    if lie == "headers" and method in HEADER_METHODS and result is not None:
        return result | {"stateRoot": _other(result["stateRoot"])}
    return result


def _other_logs(result: Any) -> Any:
    """Logs, receipts and lists of either, in which every log says something else."""
    if isinstance(result, list):
        return [_other_logs(one) for one in result]
    if not isinstance(result, dict):
        return result
    if "logs" in result:
        return result | {"logs": _other_logs(result["logs"])}
    if len(result["data"]) > len("0x"):
        return result | {"data": _other(result["data"])}
    *topics, last = result["topics"]
    return result | {"topics": [*topics, _other(last)]}


def _other(word: str) -> str:
    """Hex text with its last bit flipped."""
    return f"{word[:-1]}{int(word[-1], 16) ^ 1:x}"
