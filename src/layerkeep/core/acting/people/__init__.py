"""Who looks after what: teams, people, and which team owns which part of the network."""
