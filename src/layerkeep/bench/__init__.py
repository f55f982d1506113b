"""PROVES, in figures: what the house promises of speed, size and thrift."""
