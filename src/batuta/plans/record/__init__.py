"""Plans written as Python functions: calling them with references in place of values records the plan."""
