"""Makes the pool of a chain and its beacon nodes from the topology."""

from collections.abc import Callable

import aiohttp

from layerkeep.core.topology import Chain
from layerkeep.edge.beacon import Beacon
from layerkeep.edge.rpc.client import Line, RpcClient
from layerkeep.edge.rpc.counts import Counts
from layerkeep.edge.rpc.pool import Pool

BEACON = "beacon"
NOT_EXECUTION_ROLES = frozenset({BEACON})


def open_pool(
    chain: Chain, session: aiohttp.ClientSession, resolve: Callable[[str], str] = str
) -> Pool:
    """The pool of every execution upstream; `resolve` turns references to secrets into URLs."""
    counts = Counts()
    pool = Pool(chain.name, chain.chain_id, counts)
    for upstream in chain.upstreams:
        if NOT_EXECUTION_ROLES.intersection(upstream.roles):
            continue
        ws_url = resolve(upstream.ws_url) if upstream.ws_url else ""
        line = Line(upstream.name, resolve(upstream.url), ws_url)
        pool.add(
            RpcClient(line, session, counts),
            concurrency=upstream.concurrency,
            per_second=upstream.requests_per_second,
        )
    return pool


def open_beacons(
    chain: Chain, session: aiohttp.ClientSession, resolve: Callable[[str], str] = str
) -> list[Beacon]:
    """The beacon nodes of a chain, which hand out its blocks' blobs."""
    return [
        Beacon(upstream.name, resolve(upstream.url), session)
        for upstream in chain.upstreams
        if BEACON in upstream.roles
    ]
