"""A module per page: its routes, and what they show."""
