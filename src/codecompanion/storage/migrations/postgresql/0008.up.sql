-- What this log and its copies are called, and no other: a copy by the server or by a dump has it, too, a database that is made anew has
-- another one. So what machines and a bus remember of a log is never held against a different one.
ALTER TABLE log_end ADD COLUMN log_id uuid NOT NULL DEFAULT gen_random_uuid();
