-- Promises that a server is left running. They count for the life of the server in which they were made, and go with the server.
CREATE TABLE leases (
  id        TEXT PRIMARY KEY,
  server_id TEXT NOT NULL REFERENCES servers(id) ON DELETE CASCADE,
  life      INTEGER NOT NULL,
  created   INTEGER NOT NULL,
  until     INTEGER NOT NULL,
  who       TEXT NOT NULL,
  -- Empty: somebody extended the time, which needs no reason.
  why       TEXT NOT NULL CHECK (length(why) <= 200)
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_server ON leases (server_id);
CREATE INDEX leases_by_end ON leases (until);
