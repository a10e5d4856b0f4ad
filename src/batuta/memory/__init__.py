"""What outlives a run: conversations that any run can continue."""
