"""Running a plan in this process, or following it in another: what is shown meanwhile, interrupts, the end."""
