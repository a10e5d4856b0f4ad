"""Text that people write, read with places: YAML or JSON → tree → data, all flaws at once."""
