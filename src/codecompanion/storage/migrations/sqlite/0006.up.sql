-- What changes where a run is: a few of its many events, so that the queue of the workers need not read all of them.
-- A question is seen to be one for this index only if it names them in this order.
CREATE INDEX turns ON events (position) WHERE type IN (
    'ApprovalGiven', 'ApprovalRequested', 'RunCancelled', 'RunClaimed', 'RunCompleted', 'RunFailed',
    'RunForked', 'RunPaused', 'RunQueued', 'RunReleased', 'RunResumed', 'RunStarted'
);
