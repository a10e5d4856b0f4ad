"""Is it good enough? Cases through a capability or a plan, scored, with what so many cases can show."""
