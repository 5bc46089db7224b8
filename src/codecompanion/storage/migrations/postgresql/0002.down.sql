DROP TRIGGER events_do_not_vanish ON events;
CREATE TRIGGER events_do_not_vanish BEFORE DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION the_log_is_append_only();
DROP FUNCTION events_leave_with_an_archive;
