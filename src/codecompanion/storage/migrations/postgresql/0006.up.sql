-- What changes where a run is: a few of its many events, so that the queue of the workers need not read all of them.
-- A question is seen to be one for this index only if it names them in this order.
CREATE INDEX turns ON events (position) WHERE type IN (
    'ApprovalGiven', 'ApprovalRequested', 'RunCancelled', 'RunClaimed', 'RunCompleted', 'RunFailed',
    'RunForked', 'RunPaused', 'RunQueued', 'RunReleased', 'RunResumed', 'RunStarted'
);

-- One row. Whoever forgets all answers begins another era: what was copied from them to elsewhere in an earlier one is void.
-- The numbers are milliseconds of the Unix epoch, so that they grow also when these tables are made anew.
-- secret are 32 bytes that copies are sealed with.
CREATE TABLE response_era (number bigint NOT NULL, secret bytea NOT NULL);
INSERT INTO response_era VALUES (
    (extract(epoch FROM clock_timestamp()) * 1000)::bigint, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
