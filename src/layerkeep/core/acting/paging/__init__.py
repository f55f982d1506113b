"""Who is told of an incident, by which channel, and after how long: policies and their state."""
