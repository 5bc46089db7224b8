DROP FUNCTION append_events;
DROP TABLE responses, blobs, snapshots, append_keys, events, log_end;
DROP SEQUENCE response_uses;
DROP FUNCTION the_log_is_append_only;
