"""Pure passes over plans: read, write, check."""
