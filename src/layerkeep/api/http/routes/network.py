"""The network as a whole."""

from layerkeep.api.http.desk import desk
from layerkeep.api.http.problems import Incoming
from layerkeep.api.http.routes import reads
from layerkeep.api.shapes.chains import UpstreamShown
from layerkeep.api.shapes.messages import RouteShown
from layerkeep.api.shapes.overview import GraphShown, Overview, TruthShown


@reads("/overview", "network", aged=True)
async def show_overview(request: Incoming) -> Overview:
    """Everything at a glance: chains, routes, checks, open incidents, what is late."""
    return await desk(request).source.overview()


@reads("/graph", "network")
async def show_graph(request: Incoming) -> GraphShown:
    """The components and how they stand on each other."""
    return await desk(request).source.graph()


@reads("/truth", "network")
async def list_truth(request: Incoming) -> tuple[TruthShown, ...]:
    """Every kind of check of what a chain claims, also those not made yet."""
    return await desk(request).source.truth()


@reads("/routes", "network", aged=True)
async def list_routes(request: Incoming) -> tuple[RouteShown, ...]:
    """Every direction between two chains with its stages and how messages flow."""
    return await desk(request).source.routes()


@reads("/upstreams", "network")
async def list_upstreams(request: Incoming) -> tuple[UpstreamShown, ...]:
    """Every RPC endpoint: what it said when last looked at, and how it does."""
    return await desk(request).source.upstreams()


ROUTES = (show_overview, show_graph, list_truth, list_routes, list_upstreams)
