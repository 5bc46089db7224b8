-- A run may leave the log once the stream "archive" has recorded that it was written to a file.
DROP TRIGGER events_do_not_vanish;

CREATE TRIGGER events_do_not_vanish BEFORE DELETE ON events
WHEN NOT EXISTS (SELECT 1 FROM append_keys WHERE stream_id = 'archive' AND idempotency_key = 'archived:' || old.stream_id)
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
