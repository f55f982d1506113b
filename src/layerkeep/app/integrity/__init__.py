"""Claims, batches and nodes held against what our own nodes say."""
