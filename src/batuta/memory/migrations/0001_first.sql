-- The memory of a workspace. It is nowhere else: what is acknowledged is durable, and what is forgotten is overwritten.

-- What a call has done under its key, so that the same call again does nothing. Nobody's words are in it.
CREATE TABLE done (
    key TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    at REAL NOT NULL,
    answer TEXT NOT NULL                     -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE threads (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL,                   -- the newest message
    count INTEGER NOT NULL,
    began_at REAL NOT NULL,
    changed_at REAL NOT NULL
) STRICT;
CREATE INDEX threads_by_change ON threads (changed_at);

-- Ids are never given twice, so that a head that was read once never comes again.
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    thread INTEGER NOT NULL REFERENCES threads (id),
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    at REAL NOT NULL,
    run TEXT NOT NULL,
    step TEXT NOT NULL
) STRICT;
CREATE INDEX messages_of_thread ON messages (thread, id);
