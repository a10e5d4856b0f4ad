"""A served workspace, asked from Python: `batuta.Client`, and `batuta.AsyncClient` inside an event loop."""
