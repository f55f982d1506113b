"""Rules about the accounts that a rollup lives by: its batcher and its proposer."""
