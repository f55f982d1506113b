"""Rules about a chain: its blocks, its heads, its history."""
