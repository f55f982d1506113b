"""Pages about people, what they were told, and what is done."""
