"""The devnet's L1: the OP Stack's contracts, and the producer of its blocks."""
