-- When a blob was put last, in seconds of the Unix epoch, give or take ten minutes: what somebody is about to cite must not vanish.
ALTER TABLE blobs ADD COLUMN put_at bigint NOT NULL DEFAULT 0;
