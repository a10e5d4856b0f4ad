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

-- What `memory` in batuta.yaml names.
CREATE TABLE collections (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL DEFAULT 0    -- one more with every change of what can be found
) STRICT;

-- Something that is remembered. Forgotten, it is a name and a time.
CREATE TABLE memories (
    id TEXT PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collections (id),
    about TEXT,
    words TEXT,                              -- what says the same has the same
    revision INTEGER UNIQUE,                 -- what it says now
    changed_at REAL NOT NULL
) STRICT;
CREATE INDEX memories_by_about ON memories (collection, about, words);
CREATE INDEX memories_by_revision ON memories (collection, revision) WHERE revision IS NOT NULL;
CREATE INDEX memories_by_change ON memories (collection, changed_at) WHERE revision IS NOT NULL;

-- All that has become of it, oldest first. Forgotten, nobody's words are in it. Ids are never given twice.
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    memory TEXT NOT NULL REFERENCES memories (id),
    what TEXT NOT NULL,                      -- remembered, repeated, corrected, forgotten
    about TEXT,
    text TEXT,
    source TEXT,
    at REAL NOT NULL,
    run TEXT NOT NULL,
    step TEXT NOT NULL,
    author TEXT NOT NULL
) STRICT;
CREATE INDEX revisions_of_memory ON revisions (memory);

CREATE TABLE vectors (
    revision INTEGER NOT NULL REFERENCES revisions (id),
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (revision, embedder)
) STRICT, WITHOUT ROWID;
CREATE INDEX done_by_run ON done (run, at);
