"""Plans written as Python functions: calling the function records a plan, it does not run anything."""
