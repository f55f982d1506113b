"""The store: the log of facts, the followers' cursors, and what can be rebuilt from them."""
