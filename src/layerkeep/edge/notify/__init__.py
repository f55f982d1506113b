"""Telling people: one file per kind of channel, all of them behind one question."""
