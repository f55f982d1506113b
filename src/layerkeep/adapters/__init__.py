"""TRANSLATES. One folder per rollup stack: its words in, ours out. Pure."""
