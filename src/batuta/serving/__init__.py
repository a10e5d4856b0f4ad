"""A workspace that is served: its runs are kept going, and many may follow them."""
