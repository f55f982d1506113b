"""Receipts as different tools record them."""

import json

import pytest

from layerkeep.app.replaying.recordings import read_recordings
from layerkeep.core.errors import OperatorError

HASH = "0x" + "AB" * 32
LOG = {"address": "0x" + "Cd" * 20, "topics": [HASH], "data": "0x", "logIndex": 3}
RECEIPT = {
    "transactionHash": HASH,
    "transactionIndex": 7,
    "blockHash": HASH,
    "blockNumber": 16,
    "status": 1,
    "type": 105,
    "from": "0x" + "Ef" * 20,
    "to": None,
    "logs": [LOG],
}


def written(tmp_path, content):
    """A file with this JSON."""
    path = tmp_path / "recorded.json"
    path.write_text(json.dumps(content))
    return path


def test_recording__with_json_numbers_and_checksum_case__is_brought_into_shape(tmp_path):
    """Numbers become hex, hex text lower case, and a log knows its receipt's place."""
    (found,) = read_recordings(written(tmp_path, RECEIPT))

    assert ("0x10", "0x7", "0x69", "0x1") == (
        found.receipt.block_number,
        found.receipt.transaction_index,
        found.receipt.type,
        found.receipt.status,
    )
    (log,) = found.receipt.logs
    assert ("0x" + "cd" * 20, "0x3", HASH.lower()) == (
        log.address,
        log.log_index,
        log.transaction_hash,
    )


@pytest.mark.parametrize(
    "content",
    [RECEIPT, [RECEIPT], {"result": RECEIPT}, {"receipt": RECEIPT}, [{"receipt": RECEIPT}]],
)
def test_recording__in_any_wrapping__is_found(tmp_path, content):
    """Alone, in a list, as an answer, or beside its transaction."""
    assert 1 == len(read_recordings(written(tmp_path, content)))


def test_recording__with_its_block__knows_chain_and_time(tmp_path):
    """The block's timestamp is in seconds, our times are in milliseconds."""
    entry = {"chainId": 10, "receipt": RECEIPT, "block": {"timestamp": "0x64"}}

    (found,) = read_recordings(written(tmp_path, entry))

    assert (10, 100_000) == (found.chain_id, found.time)


@pytest.mark.parametrize("content", [[], {}, 5, [{"receipt": None}]])
def test_recording__of_nothing__says_what_was_expected(tmp_path, content):
    """A file without receipts names itself and the shapes that are understood."""
    with pytest.raises(OperatorError, match="found no receipt; expected"):
        read_recordings(written(tmp_path, content))


@pytest.mark.parametrize(
    "change", [{"blockNumber": "soon"}, {"logs": [5]}, {"logs": [{**LOG, "topics": 5}]}]
)
def test_recording__malformed__names_the_entry(tmp_path, change):
    """The entry at fault is named, not only the file."""
    with pytest.raises(OperatorError, match=r"recorded\.json\[0\]: is no receipt"):
        read_recordings(written(tmp_path, {**RECEIPT, **change}))


def test_recording__that_is_no_json__says_so(tmp_path):
    """Half a file is told as such."""
    path = tmp_path / "half.json"
    path.write_text('{"receipt": ')

    with pytest.raises(OperatorError, match="is no JSON"):
        read_recordings(path)
