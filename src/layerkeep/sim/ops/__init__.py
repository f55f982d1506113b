"""The second floor: whole fleets in operation, with every fault a rule knows, seeded and scored."""
