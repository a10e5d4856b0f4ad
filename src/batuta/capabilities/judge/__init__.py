"""Judges: a model scores candidates against a rubric, in an order that favours none of them."""
