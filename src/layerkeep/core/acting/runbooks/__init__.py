"""Runbooks as data: what to do about a problem, step by step, and how each step is known done."""
