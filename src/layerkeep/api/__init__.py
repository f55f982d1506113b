"""SHOWS. HTTP API, live stream, web console, metrics. Empty until its issue."""
