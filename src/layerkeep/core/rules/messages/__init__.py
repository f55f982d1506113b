"""Rules about messages and what carries them."""
