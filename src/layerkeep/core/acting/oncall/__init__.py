"""Who is on call when: rotations, who stands in for whom, and where nobody does."""
