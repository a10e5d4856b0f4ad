"""Reading, sorting and comparing without a model: what every workspace has besides its own capabilities."""
