"""The devnet's front door: one RPC path per chain and replica, beacon routes, fault switches."""
