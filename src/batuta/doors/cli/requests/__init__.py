"""Requests in plain words at the terminal: what was understood, and what has to be asked."""
