"""No check of its own: a chain that settles on nothing makes no claim on a parent."""
