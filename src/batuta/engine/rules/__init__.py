"""What becomes of a run next, as functions of values: what is due, whether and how, and what came of it."""
