"""The log: append-only streams of facts, and the values they refer to. In memory, or in one SQLite file."""
