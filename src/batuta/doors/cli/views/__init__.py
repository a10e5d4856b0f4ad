"""Documents as people or other programs read them. Pure."""
