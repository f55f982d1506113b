"""How Ethereum writes values as bytes: ABI and RLP."""
