-- Every statement that the journal runs, by name. carray(?) is an array that is bound as one parameter: a batch of
-- rows costs one step of SQLite, and hence one release of the interpreter lock.

-- name: last_gseq
SELECT coalesce(max(gseq), 0) FROM facts

-- name: last_stream
SELECT coalesce(max(id), 0) FROM streams

-- name: data_version
PRAGMA data_version

-- name: heads
SELECT s.name, s.id, s.head, (SELECT max(seq) FROM facts WHERE stream = s.id),
       r.status, r.plan, r.accepted_at, r.wake_at, r.owner, r.erasable_at
FROM carray(?1) AS wanted
JOIN streams AS s ON s.name = wanted.value
LEFT JOIN runs AS r ON r.stream = s.id

-- name: head
SELECT head FROM streams WHERE name = ?1

-- name: touched
SELECT DISTINCT s.name FROM facts AS f JOIN streams AS s ON s.id = f.stream WHERE f.gseq > ?1

-- name: insert_streams
INSERT INTO streams (id, name, head) SELECT ?1 + rowid, value, 0 FROM carray(?2)

-- name: set_heads
UPDATE streams SET head = moved.value & 4294967295 FROM carray(?1) AS moved WHERE streams.id = moved.value >> 32

-- name: insert_facts
INSERT INTO facts (gseq, stream, seq, crc, body)
SELECT ?1 + rowid,
       CAST(substr(value, 1, 10) AS INTEGER),
       CAST(substr(value, 11, 10) AS INTEGER),
       CAST(substr(value, 21, 10) AS INTEGER),
       CAST(substr(value, 31) AS TEXT)
FROM carray(?2)

-- name: upsert_run
INSERT INTO runs (stream, status, plan, accepted_at, wake_at, owner, erasable_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (stream) DO UPDATE SET
    status = excluded.status, wake_at = excluded.wake_at, owner = excluded.owner, erasable_at = excluded.erasable_at

-- name: insert_value
INSERT INTO vals (ref, stored_at, body) VALUES (?1, ?2, ?3)
ON CONFLICT (ref) DO UPDATE SET stored_at = excluded.stored_at WHERE stored_at < excluded.stored_at

-- name: value_ids
SELECT v.ref, v.id FROM carray(?1) AS wanted JOIN vals AS v ON v.ref = wanted.value

-- name: insert_uses
INSERT OR IGNORE INTO uses (value, stream) SELECT value >> 32, value & 4294967295 FROM carray(?1)

-- name: read
SELECT f.gseq, f.stream, f.seq, f.crc, f.body, s.name, s.head
FROM streams AS s LEFT JOIN facts AS f ON f.stream = s.id AND f.seq > ?2
WHERE s.name = ?1
ORDER BY f.seq LIMIT ?3

-- name: read_all
SELECT f.gseq, f.stream, f.seq, f.crc, f.body, s.name FROM facts AS f LEFT JOIN streams AS s ON s.id = f.stream
WHERE f.gseq > ?1 ORDER BY f.gseq LIMIT ?2

-- name: end
SELECT coalesce(max(gseq), 0) FROM facts

-- name: owner
SELECT owner FROM runs WHERE stream = (SELECT id FROM streams WHERE name = ?1)

-- name: owners
SELECT DISTINCT owner FROM runs WHERE owner <> ''

-- name: runs
SELECT s.name, r.status, r.plan, r.accepted_at, f.body ->> 'at', r.wake_at, r.owner, s.head
FROM runs AS r
JOIN streams AS s ON s.id = r.stream
LEFT JOIN facts AS f ON f.stream = r.stream AND f.seq = s.head
WHERE (?2 = '[]' OR r.status IN (SELECT value FROM json_each(?2)))
  AND (?3 = '' OR r.plan = ?3)
  AND r.accepted_at >= ?4
  AND r.stream < (SELECT ifnull(min(id), 9223372036854775807) FROM streams WHERE name = ?5)
ORDER BY r.stream DESC LIMIT ?1

-- name: runs_of_status
SELECT s.name, r.status, r.plan, r.accepted_at, f.body ->> 'at', r.wake_at, r.owner, s.head
FROM runs AS r
JOIN streams AS s ON s.id = r.stream
LEFT JOIN facts AS f ON f.stream = r.stream AND f.seq = s.head
WHERE r.status = ?2
ORDER BY r.stream DESC LIMIT ?1

-- name: runs_due
SELECT s.name, r.status, r.plan, r.accepted_at, f.body ->> 'at', r.wake_at, r.owner, s.head
FROM runs AS r
JOIN streams AS s ON s.id = r.stream
LEFT JOIN facts AS f ON f.stream = r.stream AND f.seq = s.head
WHERE r.stream IN (
        SELECT stream FROM runs WHERE owner = '' AND wake_at IS NOT NULL AND wake_at <= ?5
        UNION
        SELECT stream FROM runs WHERE owner <> '' AND owner IN (SELECT value FROM carray(?6)))
  AND (?2 = '[]' OR r.status IN (SELECT value FROM json_each(?2)))
  AND (?3 = '' OR r.plan = ?3)
  AND r.accepted_at >= ?4
ORDER BY r.stream DESC LIMIT ?1

-- name: value
SELECT body, parent FROM vals WHERE ref = ?1

-- name: erasable
SELECT stream FROM runs WHERE erasable_at IS NOT NULL AND erasable_at < ?1 ORDER BY erasable_at, stream LIMIT ?2

-- name: facts_of
SELECT f.gseq, f.stream, f.seq, f.crc, f.body, s.name FROM facts AS f JOIN streams AS s ON s.id = f.stream
WHERE f.stream = ?1 ORDER BY f.seq

-- name: rewrite_fact
UPDATE facts SET crc = ?2, body = ?3 WHERE gseq = ?1

-- name: forget_use
DELETE FROM uses WHERE stream = ?1 AND value = (SELECT id FROM vals WHERE ref = ?2)

-- name: last_value
SELECT coalesce(max(id), 0) FROM vals

-- name: unused_values
SELECT v.ref FROM vals AS v
WHERE v.id > ?1 AND v.id <= ?2 AND v.stored_at < ?3
  AND NOT EXISTS (SELECT 1 FROM uses WHERE value = v.id)

-- name: delete_value
DELETE FROM vals WHERE ref = ?1 AND stored_at < ?2
  AND NOT EXISTS (SELECT 1 FROM uses WHERE value = vals.id)
RETURNING length(body)

-- name: values_after
SELECT id, ref, parent, body FROM vals WHERE id > ?1 ORDER BY id LIMIT ?2

-- name: gaps
SELECT s.name FROM streams AS s LEFT JOIN facts AS f ON f.stream = s.id
GROUP BY s.id HAVING min(f.seq) <> 1 OR max(f.seq) <> count(*) OR max(f.seq) <> s.head OR s.head = 0 LIMIT 1

-- name: count_facts
SELECT count(*) FROM facts

-- name: facts_between
SELECT f.gseq, f.stream, f.seq, f.crc, f.body, s.name FROM facts AS f JOIN streams AS s ON s.id = f.stream
WHERE (f.stream, f.seq) > (?1, ?2) AND f.stream <= ?3
ORDER BY f.stream, f.seq LIMIT ?4

-- name: runs_between
SELECT stream, status, plan, accepted_at, wake_at, owner, erasable_at FROM runs WHERE stream BETWEEN ?1 AND ?2

-- name: meta
SELECT value FROM meta WHERE key = ?1

-- name: count_refusal
INSERT INTO meta (key, value) VALUES ('batches_refused', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1

-- name: set_meta
INSERT INTO meta (key, value) VALUES (?1, ?2)

-- name: count_runs
SELECT status, count(*) FROM runs GROUP BY status

-- name: paths
SELECT DISTINCT f.body ->> 'path' FROM facts AS f JOIN streams AS s ON s.id = f.stream
WHERE s.name = ?1 AND f.body ->> 'path' <> '' ORDER BY 1 LIMIT ?2

-- name: asked_paths
SELECT value FROM json_each((
    SELECT f.body -> 'waiting' FROM facts AS f JOIN streams AS s ON s.id = f.stream
    WHERE s.name = ?1 AND f.body ->> 'is' = 'parked' ORDER BY f.seq DESC LIMIT 1)) LIMIT ?2
