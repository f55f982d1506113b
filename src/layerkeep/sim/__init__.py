"""PROVES, in memory: seeded timelines of facts and the checkers that must hold over them."""
