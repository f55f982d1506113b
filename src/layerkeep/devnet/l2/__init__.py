"""The devnet's L2: genesis, block building, and the operators' programs of an OP Stack chain."""
