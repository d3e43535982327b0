-- Who entered whose server, for its owner to see. The audit log has it too, for administrators.
CREATE TABLE visits (
  server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  visitor   TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT;
CREATE INDEX visits_by_server ON visits (server_id, at);
