"""Commands about acting on incidents."""
