"""Rules about the nodes of a chain: silent, late, lying, or of two minds."""
