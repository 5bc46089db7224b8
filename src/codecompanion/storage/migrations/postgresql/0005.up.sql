DROP FUNCTION append_events(
    text[], bigint[], text[], integer[], text[], text[], integer[], text[], text[], text[], text[], text[], text[], text[], text[]
);

-- Store some appends, all or none, with as many statements for many as for one. They come as texts between separators, which cost
-- the client and the server far less than arrays do; the caller chooses a separator that is in none of them:
--     appends   for each append: stream, the version and hash that the caller thought were its end, '' or '+' before its key,
--               how many events it has
--     contents  for each event, in the order of the appends: stream, version, event id, type, schema version, time, correlation,
--               causation, trace, actor, data, previous hash, hash
-- It returns for each append the position after which the first event of all stands; null when its stream does not end where it
-- begins. When one is null nothing is stored, and the others may be asked again. An event id or a key that is stored already is a
-- unique violation, and nothing of the whole call is stored.
CREATE FUNCTION append_events(appends text, contents text, separator text) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    fields   CONSTANT text[]  := string_to_array(appends, separator);
    facts    CONSTANT text[]  := string_to_array(contents, separator);
    many     CONSTANT integer := cardinality(facts) / 13;
    begun_at bigint;
    places   bigint[];
    told     text;
BEGIN
    UPDATE log_end SET position = position + many RETURNING position - many INTO begun_at;
    -- How long a series is stands in a subquery, to hide it from the planner: it would plan each call anew for it.
    places := array(
        SELECT CASE WHEN coalesce(head.version, 0) = fields[i + 1]::bigint AND coalesce(head.hash, repeat('0', 64)) = fields[i + 2]
               THEN begun_at END
        FROM generate_series(1, (SELECT cardinality(fields)), 5) AS i
        LEFT JOIN LATERAL (
            SELECT version, hash FROM events WHERE stream_id = fields[i] ORDER BY version DESC LIMIT 1
        ) AS head ON true
        ORDER BY i
    );
    IF array_position(places, NULL) IS NOT NULL THEN
        UPDATE log_end SET position = begun_at;
        RETURN places;
    END IF;
    INSERT INTO append_keys (stream_id, idempotency_key, first_version, last_version)
    SELECT fields[i], substr(fields[i + 3], 2), fields[i + 1]::bigint + 1, fields[i + 1]::bigint + fields[i + 4]::bigint
    FROM generate_series(1, (SELECT cardinality(fields)), 5) AS i
    WHERE fields[i + 3] <> '';
    INSERT INTO events (
        position, stream_id, version, event_id, type, schema_version, recorded_at,
        correlation_id, causation_id, trace_id, actor, data, prev_hash, hash
    )
    SELECT begun_at + 1 + i / 13, facts[i + 1], facts[i + 2]::bigint, facts[i + 3], facts[i + 4], facts[i + 5]::integer, facts[i + 6],
           facts[i + 7], facts[i + 8], facts[i + 9], facts[i + 10], facts[i + 11], facts[i + 12], facts[i + 13]
    FROM generate_series(0, (SELECT cardinality(facts) - 1), 13) AS i;
    told := pg_notify('codecompanion_log', '');
    RETURN places;
END $$;
