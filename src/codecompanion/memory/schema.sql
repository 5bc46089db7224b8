-- Notes, each said once for a project however many runs learned it.
CREATE TABLE note (
    key INTEGER PRIMARY KEY,
    note_id TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    tags TEXT NOT NULL,
    first_at TEXT NOT NULL,
    last_at TEXT NOT NULL
);
CREATE INDEX note_project ON note (project, kind, last_at);

-- Where each note was learned. The id is made of the event, so that learning twice adds nothing.
CREATE TABLE source (
    item_id TEXT PRIMARY KEY,
    note INTEGER NOT NULL REFERENCES note (key) ON DELETE CASCADE,
    run_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    recorded_at TEXT NOT NULL,
    detail TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX source_note ON source (note, recorded_at);
CREATE INDEX source_run ON source (run_id);

-- The terms of a note, for bm25; rowid is the note's key.
CREATE VIRTUAL TABLE words USING fts5 (terms);

-- What a note means to an embedder: float32, little-endian, of unit length.
CREATE TABLE meaning (
    note INTEGER NOT NULL REFERENCES note (key) ON DELETE CASCADE,
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (note, embedder)
);

-- How far the log has been read: at most one row.
CREATE TABLE mark (position INTEGER NOT NULL, event_id TEXT NOT NULL);
