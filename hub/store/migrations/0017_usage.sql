-- What servers and the host used. Times are numbers of minutes or hours since 1970; amounts are whole numbers, so that a row stays small.
CREATE TABLE usage_keys (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  server_id TEXT NOT NULL,
  owner_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  profile TEXT NOT NULL,
  last INTEGER NOT NULL,
  UNIQUE (server_id, profile)
) STRICT;
CREATE INDEX usage_keys_by_owner ON usage_keys (owner_id);
CREATE INDEX usage_keys_by_age ON usage_keys (last);

CREATE TABLE usage_minutes (
  minute INTEGER NOT NULL,
  key INTEGER NOT NULL,
  cpu INTEGER NOT NULL,
  cpu_peak INTEGER NOT NULL,
  memory INTEGER NOT NULL,
  memory_peak INTEGER NOT NULL,
  PRIMARY KEY (minute, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_hours (
  hour INTEGER NOT NULL,
  key INTEGER NOT NULL,
  seconds REAL NOT NULL,
  cpu_seconds REAL NOT NULL,
  memory_seconds REAL NOT NULL,
  cpu_peak INTEGER NOT NULL,
  memory_peak INTEGER NOT NULL,
  cpu_limit INTEGER,
  memory_limit INTEGER,
  counted INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hour, key)
) STRICT, WITHOUT ROWID;
-- Hours that are not part of their month yet.
CREATE INDEX usage_hours_uncounted ON usage_hours (hour) WHERE counted = 0;

CREATE TABLE usage_months (
  month INTEGER NOT NULL,
  owner_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  seconds REAL NOT NULL,
  cpu_seconds REAL NOT NULL,
  memory_seconds REAL NOT NULL,
  PRIMARY KEY (month, owner_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_months_by_time ON usage_months (month, seconds);
CREATE INDEX usage_months_by_owner ON usage_months (owner_id);

CREATE TABLE usage_host (
  step INTEGER NOT NULL CHECK (step IN (60, 3600)),
  at INTEGER NOT NULL,
  cpu REAL,
  cpu_peak REAL,
  memory INTEGER,
  memory_peak INTEGER,
  disk INTEGER,
  engine_disk INTEGER,
  running INTEGER NOT NULL,
  queued INTEGER NOT NULL,
  loop_ms REAL,
  failed INTEGER NOT NULL,
  started INTEGER NOT NULL,
  starts TEXT NOT NULL CHECK (length(starts) <= 65536),
  PRIMARY KEY (step, at)
) STRICT, WITHOUT ROWID;
