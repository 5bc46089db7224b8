-- The log: the tables of SQLite, and the one function that writes events.
CREATE TABLE events (
    position       bigint  PRIMARY KEY,
    stream_id      text    COLLATE "C" NOT NULL,
    version        bigint  NOT NULL CHECK (version >= 1),
    event_id       text    COLLATE "C" NOT NULL UNIQUE,
    type           text    NOT NULL,
    schema_version integer NOT NULL,
    recorded_at    text    NOT NULL,
    correlation_id text    NOT NULL,
    causation_id   text    NOT NULL,
    trace_id       text    NOT NULL,
    actor          text    NOT NULL,
    data           text    NOT NULL,
    prev_hash      text    NOT NULL,
    hash           text    NOT NULL,
    UNIQUE (stream_id, version)
);

CREATE INDEX stream_starts ON events (position DESC, stream_id) WHERE version = 1;

-- The last position that was given out: one row. Whoever appends holds it until the commit is durable, so the order of
-- positions is the order of commits, and no position is left out.
CREATE TABLE log_end (position bigint NOT NULL) WITH (fillfactor = 10);
INSERT INTO log_end VALUES (0);

CREATE FUNCTION the_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only';
END $$;

CREATE TRIGGER events_do_not_change BEFORE UPDATE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION the_log_is_append_only();

CREATE TRIGGER events_do_not_vanish BEFORE DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION the_log_is_append_only();

-- Which versions an append with an idempotency key wrote.
CREATE TABLE append_keys (
    stream_id       text   COLLATE "C" NOT NULL,
    idempotency_key text   COLLATE "C" NOT NULL,
    first_version   bigint NOT NULL,
    last_version    bigint NOT NULL,
    PRIMARY KEY (stream_id, idempotency_key)
);

-- state is UTF-8: a text of PostgreSQL cannot hold every character that one of ours can.
CREATE TABLE snapshots (
    stream_id text   COLLATE "C" NOT NULL,
    schema    text   COLLATE "C" NOT NULL,
    version   bigint NOT NULL,
    state     bytea  NOT NULL,
    PRIMARY KEY (stream_id, schema)
);

-- zlib-compressed, by the sha256 of the bytes before compression.
CREATE TABLE blobs (
    sha256     text  COLLATE "C" PRIMARY KEY,
    compressed bytea NOT NULL
);
ALTER TABLE blobs ALTER COLUMN compressed SET STORAGE EXTERNAL;

-- Answers of models by the sha256 of their request. A cache: what was used longest ago makes room.
-- content is zlib-compressed; content_sha256 is that of the bytes before; the larger `used`, the later it was used.
CREATE SEQUENCE response_uses;
CREATE TABLE responses (
    key            text   COLLATE "C" PRIMARY KEY,
    content        bytea  NOT NULL,
    content_sha256 text   NOT NULL,
    put_at         text   NOT NULL,
    used           bigint NOT NULL DEFAULT nextval('response_uses')
);
ALTER TABLE responses ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX responses_by_use ON responses (used) INCLUDE (key);

-- Store some appends, one after another, and return for each the position of its first event; null when it was not stored,
-- because its stream does not end where it begins, or has seen its key. The events come sealed: what the caller thought was
-- the end of the stream (expected, and the first of prev_hashes) is compared with the end that is there.
-- An event id that is stored already is a unique violation, and nothing of the whole call is stored.
CREATE FUNCTION append_events(
    -- for each append
    streams text[], expected bigint[], keys text[], sizes integer[],
    -- for each event, those of the first append first
    event_ids text[], types text[], schema_versions integer[], times text[], correlations text[], causations text[],
    traces text[], actors text[], contents text[], prev_hashes text[], hashes text[]
) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    place    bigint;
    begun_at bigint;
    head     record;
    first    integer := 1;
    last     integer;
    places   bigint[] := '{}';
BEGIN
    SELECT position INTO begun_at FROM log_end FOR UPDATE;
    place := begun_at;
    FOR nth IN 1 .. cardinality(streams) LOOP
        last := first + sizes[nth] - 1;
        SELECT version, hash INTO head FROM events WHERE stream_id = streams[nth] ORDER BY version DESC LIMIT 1;
        IF coalesce(head.version, 0) <> expected[nth] OR coalesce(head.hash, repeat('0', 64)) <> prev_hashes[first]
            OR keys[nth] IS NOT NULL
                AND EXISTS (SELECT FROM append_keys WHERE stream_id = streams[nth] AND idempotency_key = keys[nth])
        THEN
            places := places || NULL::bigint;
        ELSE
            INSERT INTO events (
                position, stream_id, version, event_id, type, schema_version, recorded_at,
                correlation_id, causation_id, trace_id, actor, data, prev_hash, hash
            )
            SELECT place + e.place_in_append, streams[nth], expected[nth] + e.place_in_append, e.event_id, e.type, e.schema_version, e.recorded_at,
                   e.correlation_id, e.causation_id, e.trace_id, e.actor, e.data, e.prev_hash, e.hash
            FROM unnest(
                event_ids[first:last], types[first:last], schema_versions[first:last], times[first:last],
                correlations[first:last], causations[first:last], traces[first:last], actors[first:last],
                contents[first:last], prev_hashes[first:last], hashes[first:last]
            ) WITH ORDINALITY AS e (
                event_id, type, schema_version, recorded_at,
                correlation_id, causation_id, trace_id, actor, data, prev_hash, hash, place_in_append
            );
            IF keys[nth] IS NOT NULL THEN
                INSERT INTO append_keys (stream_id, idempotency_key, first_version, last_version)
                VALUES (streams[nth], keys[nth], expected[nth] + 1, expected[nth] + sizes[nth]);
            END IF;
            places := places || place + 1;
            place := place + sizes[nth];
        END IF;
        first := last + 1;
    END LOOP;
    IF place > begun_at THEN
        UPDATE log_end SET position = place;
        PERFORM pg_notify('codecompanion_log', '');
    END IF;
    RETURN places;
END $$;
