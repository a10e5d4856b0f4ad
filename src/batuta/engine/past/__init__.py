"""Runs that have been: forked, decided again, and held against the present workspace."""
