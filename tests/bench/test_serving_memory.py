"""What a live client takes is told apart from what the daemon itself takes."""

import tracemalloc

from layerkeep.api.console.live import READERS_MAX
from layerkeep.api.http.stream import CLIENTS_MAX
from layerkeep.bench.serving_clients import addresses
from layerkeep.bench.serving_memory import EACH, WAVES, bytes_in_use, each_of


def test_each_of__a_daemon_that_grows_by_itself__leaves_that_out():
    """Ten clients of 20 bytes, while 7 bytes come in every window."""
    held = [0, 7, 214, 221, 428, 435]

    assert 20 == each_of(held, 10)


def test_each_of__one_wave_that_met_something_else__is_no_matter():
    """The median of three waves."""
    held = [0, 0, 200, 200, 900, 900, 1100, 1100]

    assert 20 == each_of(held, 10)


def test_bytes_in_use__after_something_large_came__hold_it():
    """As Python counts them."""
    tracemalloc.start()
    try:
        before = bytes_in_use()
        kept = bytearray(5_000_000)
        assert bytes_in_use() - before >= len(kept)
    finally:
        tracemalloc.stop()


def test_waves__all_together__are_let_in():
    """Each stream has a limit of its own."""
    paths = addresses(EACH)
    on_api = sum(path.startswith("/api") for path in paths)
    first = len(set(paths))

    assert WAVES * on_api + first <= CLIENTS_MAX
    assert WAVES * (EACH - on_api) + first <= READERS_MAX
