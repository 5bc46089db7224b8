-- The log.
CREATE TABLE events (
    position       INTEGER PRIMARY KEY,
    stream_id      TEXT    NOT NULL,
    version        INTEGER NOT NULL CHECK (version >= 1),
    event_id       TEXT    NOT NULL UNIQUE,
    type           TEXT    NOT NULL,
    schema_version INTEGER NOT NULL,
    recorded_at    TEXT    NOT NULL,
    correlation_id TEXT    NOT NULL,
    causation_id   TEXT    NOT NULL,
    trace_id       TEXT    NOT NULL,
    actor          TEXT    NOT NULL,
    data           TEXT    NOT NULL,
    prev_hash      TEXT    NOT NULL,
    hash           TEXT    NOT NULL,
    UNIQUE (stream_id, version)
);

CREATE INDEX stream_starts ON events (position, stream_id) WHERE version = 1;

CREATE TRIGGER events_do_not_change BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER events_do_not_vanish BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- Which versions an append with an idempotency key wrote.
CREATE TABLE append_keys (
    stream_id       TEXT    NOT NULL,
    idempotency_key TEXT    NOT NULL,
    first_version   INTEGER NOT NULL,
    last_version    INTEGER NOT NULL,
    PRIMARY KEY (stream_id, idempotency_key),
    FOREIGN KEY (stream_id, first_version) REFERENCES events (stream_id, version),
    FOREIGN KEY (stream_id, last_version) REFERENCES events (stream_id, version)
) WITHOUT ROWID;

CREATE TABLE snapshots (
    stream_id TEXT    NOT NULL,
    schema    TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    PRIMARY KEY (stream_id, schema)
) WITHOUT ROWID;

-- zlib-compressed, by the sha256 of the bytes before compression.
CREATE TABLE blobs (
    sha256     TEXT NOT NULL PRIMARY KEY,
    compressed BLOB NOT NULL
);
