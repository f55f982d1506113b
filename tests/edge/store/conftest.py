"""What the tests of the store share."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from layerkeep.edge.store.log import Store

Body = Callable[[Store], Coroutine[Any, Any, Any]]


@pytest.fixture
def with_store(tmp_path) -> Callable[[Body], Any]:
    """Run a coroutine function on an empty store, and close the store."""

    async def run(body: Body) -> Any:
        store = await Store.open(str(tmp_path / "net.sqlite"), "net")
        try:
            return await body(store)
        finally:
            await store.close()

    return lambda body: asyncio.run(run(body))
