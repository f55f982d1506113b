"""The devnet's L3: Arbitrum Nitro's own contracts on the L2, and the L3 chain's operators."""
