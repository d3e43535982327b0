-- Who may use somebody else's server. `scopes` are names without a filter: a share is about one server, whatever that is called.
CREATE TABLE shares (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  server_id TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  user_id   TEXT REFERENCES users (id) ON DELETE CASCADE,
  group_id  TEXT REFERENCES groups (id) ON DELETE CASCADE,
  scopes    TEXT NOT NULL,
  created   INTEGER NOT NULL,
  CHECK ((user_id IS NULL) <> (group_id IS NULL)),
  UNIQUE (server_id, user_id),
  UNIQUE (server_id, group_id)
) STRICT;
CREATE INDEX shares_by_user ON shares (user_id) WHERE user_id IS NOT NULL;
CREATE INDEX shares_by_group ON shares (group_id) WHERE group_id IS NOT NULL;

-- Of a code only its SHA-256 is here. `seq` is its public number, and is never given twice.
CREATE TABLE share_codes (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  hash           TEXT NOT NULL UNIQUE,
  server_id      TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  scopes         TEXT NOT NULL,
  created        INTEGER NOT NULL,
  expires        INTEGER NOT NULL,
  exchanges      INTEGER NOT NULL DEFAULT 0,
  last_exchanged INTEGER
) STRICT;
CREATE INDEX share_codes_by_server ON share_codes (server_id);
CREATE INDEX share_codes_by_expiry ON share_codes (expires);
