-- The knowledge of a workspace. Everything here can be made again from the files it came from.

CREATE TABLE collections (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    generation INTEGER NOT NULL DEFAULT 0,   -- one more with every change of what can be found
    ingested_at REAL                         -- when the last complete ingest ended
) STRICT;

-- A file of a collection. With a code it could not be read, and has no chunks.
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collections (id),
    source TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest BLOB NOT NULL,
    recipe TEXT NOT NULL,                    -- how it was cut and embedded
    metadata TEXT NOT NULL,                  -- JSON, for filters
    code TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    UNIQUE (collection, source)
) STRICT;

-- Ids are never given twice, so that what is kept in memory can be brought up to date by them.
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    collection INTEGER NOT NULL,
    document INTEGER NOT NULL REFERENCES documents (id),
    start INTEGER NOT NULL,                  -- characters into the text of the document
    stop INTEGER NOT NULL,
    page INTEGER NOT NULL,                   -- 0: there are no pages
    embedding INTEGER NOT NULL REFERENCES embeddings (id),
    heading TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX chunks_of_document ON chunks (document);
CREATE INDEX chunks_of_collection ON chunks (collection, id, document, embedding);
CREATE INDEX chunks_of_embedding ON chunks (embedding);

-- Vectors by content: the same words are embedded once, wherever and how often they stand.
CREATE TABLE embeddings (
    id INTEGER PRIMARY KEY,
    embedder TEXT NOT NULL,
    digest BLOB NOT NULL,
    vector BLOB NOT NULL,                    -- half-precision floats
    UNIQUE (embedder, digest)
) STRICT;
