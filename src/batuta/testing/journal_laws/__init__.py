"""The laws of `batuta.testing.conformance_journal`, by subject."""
