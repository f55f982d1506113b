"""Drawings as plain figures: what is shown in, positions out. Templates turn them into SVG."""
