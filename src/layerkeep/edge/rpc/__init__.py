"""JSON-RPC over HTTP and WebSocket: one client per upstream, one pool per chain."""
