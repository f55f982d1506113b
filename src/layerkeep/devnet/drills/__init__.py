"""Named faults for a running devnet: put in, and taken out again, through its admin endpoint."""
