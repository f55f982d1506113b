"""The HTTP API: JSON under `/api/v1`, a live stream, and who may read and write."""
