DROP FUNCTION append_events(text, text, text);

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
