-- How a server last ended, and the last time that the kernel killed something inside a running one.
CREATE TABLE post_mortems (
  server_id TEXT NOT NULL REFERENCES servers(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('end', 'kernel')),
  at INTEGER NOT NULL,
  report TEXT NOT NULL CHECK (length(report) <= 131072),
  PRIMARY KEY (server_id, kind)
) STRICT, WITHOUT ROWID;
