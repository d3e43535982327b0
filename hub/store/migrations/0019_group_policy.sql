-- What groups give their members, beside what the configuration declares. The order of groups decides where they disagree.
ALTER TABLE groups ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
UPDATE groups SET priority = seq;
CREATE INDEX groups_by_priority ON groups (priority, seq);

CREATE TABLE group_policies (
  group_id TEXT PRIMARY KEY REFERENCES groups (id) ON DELETE CASCADE,
  policy   TEXT NOT NULL CHECK (json_valid(policy))
) STRICT, WITHOUT ROWID;

-- The part of its owner's policy that a server was started with. It counts for that life of the server alone.
CREATE TABLE started_policies (
  server_id TEXT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
  hash      TEXT NOT NULL,
  policy    TEXT NOT NULL CHECK (json_valid(policy))
) STRICT, WITHOUT ROWID;
