-- A run may leave the log once the stream "archive" has recorded that it was written to a file.
CREATE FUNCTION events_leave_with_an_archive() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM append_keys WHERE stream_id = 'archive' AND idempotency_key = 'archived:' || old.stream_id
    ) THEN
        RETURN old;
    END IF;
    RAISE EXCEPTION 'the log is append-only';
END $$;

DROP TRIGGER events_do_not_vanish ON events;
CREATE TRIGGER events_do_not_vanish BEFORE DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION events_leave_with_an_archive();
