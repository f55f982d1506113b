"""The same simulated networks with people, pages, runbooks and runs in the loop."""
