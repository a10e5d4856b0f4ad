-- The first schema. Times are seconds of the Unix epoch.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Names stand here once; facts carry the number. head says a second time where the stream ends, so that a damaged
-- index cannot hide its last facts: a run that forgot them would do them again.
CREATE TABLE streams (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    head INTEGER NOT NULL
) STRICT;

-- The log. gseq orders the whole journal, seq one stream (from 1, without gaps); crc covers stream, seq and body.
CREATE TABLE facts (
    gseq   INTEGER PRIMARY KEY,
    stream INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    crc    INTEGER NOT NULL,
    body   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX facts_by_stream ON facts (stream, seq);

-- A projection: rewritten in the transaction that stores the facts, and rebuildable from them.
CREATE TABLE runs (
    stream      INTEGER PRIMARY KEY,
    status      TEXT NOT NULL,
    plan        TEXT NOT NULL,
    accepted_at REAL NOT NULL,
    wake_at     REAL,
    owner       TEXT NOT NULL,
    erasable_at REAL
) STRICT;

CREATE INDEX runs_by_status ON runs (status);
CREATE INDEX runs_by_wake ON runs (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX runs_by_owner ON runs (owner) WHERE owner <> '';
CREATE INDEX runs_erasable ON runs (erasable_at) WHERE erasable_at IS NOT NULL;

-- Large values, once each, under their keyed hash. parent is read and not written any more (decision 12).
CREATE TABLE vals (
    id        INTEGER PRIMARY KEY,
    ref       BLOB NOT NULL UNIQUE,
    parent    BLOB,
    stored_at REAL NOT NULL,
    body      BLOB NOT NULL
) STRICT;

CREATE INDEX vals_by_parent ON vals (parent) WHERE parent IS NOT NULL;

-- Which streams hold a reference to which value: what retention counts by.
CREATE TABLE uses (
    value  INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    PRIMARY KEY (value, stream)
) STRICT, WITHOUT ROWID;
