"""The parts of `SqliteJournal`: one file, its connections, its writing thread, its upkeep."""
