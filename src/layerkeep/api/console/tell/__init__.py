"""Sentences of single pages: what is shown in, words out."""
