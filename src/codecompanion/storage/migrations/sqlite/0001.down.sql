DROP TABLE blobs;
DROP TABLE snapshots;
DROP TABLE append_keys;
DROP TABLE events;
