"""Files of SQLite that rooms keep: created whole or not at all, brought up to date, and words found in them."""
