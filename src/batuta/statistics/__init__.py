"""What samples say of what they were drawn from. Pure: chance comes from a fixed seed, so that figures repeat."""
