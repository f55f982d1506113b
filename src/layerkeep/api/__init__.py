"""SHOWS. HTTP API, live stream, web console, metrics: all from one `Source` (`source.py`)."""
