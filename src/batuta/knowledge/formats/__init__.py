"""Formats: one file each, from bytes to a document."""
