-- Which workers are there. heard_at is by the clock of the database, and by no other.
CREATE TABLE workers (
    worker   text    COLLATE "C" PRIMARY KEY,
    place    text    NOT NULL,
    size     integer NOT NULL,
    lease_s  float8  NOT NULL,
    draining boolean NOT NULL,
    heard_at timestamptz NOT NULL
);
