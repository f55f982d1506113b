"""TOUCHES. The only code with network, disk, clock, keys or processes."""
