"""DECIDES. Pure: no clock, chance, network, disk, log or async. Facts in, effects out."""
