ALTER TABLE log_end DROP COLUMN log_id;
