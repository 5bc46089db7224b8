-- Answers of models by the sha256 of their request. A cache: it may be deleted at any time.
BEGIN IMMEDIATE;

-- content is zlib-compressed; content_sha256 is that of the bytes before; the larger `used`, the later it was used.
CREATE TABLE IF NOT EXISTS responses (
    key            TEXT    NOT NULL PRIMARY KEY,
    content        BLOB    NOT NULL,
    content_sha256 TEXT    NOT NULL,
    put_at         TEXT    NOT NULL,
    used           INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS responses_by_use ON responses (used);

-- One row, so that nobody has to add up all answers before each new one.
CREATE TABLE IF NOT EXISTS totals (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    entries INTEGER NOT NULL,
    bytes   INTEGER NOT NULL
);
INSERT OR IGNORE INTO totals VALUES (1, 0, 0);

CREATE TRIGGER IF NOT EXISTS responses_came AFTER INSERT ON responses
BEGIN UPDATE totals SET entries = entries + 1, bytes = bytes + length(new.content); END;

CREATE TRIGGER IF NOT EXISTS responses_went AFTER DELETE ON responses
BEGIN UPDATE totals SET entries = entries - 1, bytes = bytes - length(old.content); END;

PRAGMA application_id = 0x43437263;  -- "CCrc"
PRAGMA user_version = 1;

COMMIT;
