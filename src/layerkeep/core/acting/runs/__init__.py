"""Runs: a runbook being carried out, from the proposal to its proof or its way back."""
