"""The door through which every byte leaves: vetted addresses, bounds, secrets attached at the last moment."""
