"""WIRES. Settings and the daemon: log the fact, ask the core, carry out its effects."""
