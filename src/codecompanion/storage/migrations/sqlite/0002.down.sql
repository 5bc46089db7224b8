DROP TRIGGER events_do_not_vanish;

CREATE TRIGGER events_do_not_vanish BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
