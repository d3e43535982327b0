-- Messages of administrators. `sent`: when it was written down for whom a message is; NULL: not yet. `auto_close`: 0 no, 1 yes, else milliseconds.
CREATE TABLE notices (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  message    TEXT NOT NULL CHECK (length(message) BETWEEN 1 AND 140),
  variant    TEXT NOT NULL CHECK (variant IN ('default', 'info', 'success', 'warning', 'error', 'in-progress')),
  auto_close INTEGER NOT NULL,
  audience   TEXT NOT NULL,
  author     TEXT NOT NULL,
  created    INTEGER NOT NULL,
  starts     INTEGER NOT NULL,
  until      INTEGER NOT NULL CHECK (until >= starts),
  sent       INTEGER
) STRICT;
CREATE INDEX notices_by_creation ON notices (created);
CREATE INDEX notices_unsent ON notices (starts) WHERE sent IS NULL;

-- For whom a message is, since it was sent: what became of it in their labs, and whether they closed it on the hub's pages.
CREATE TABLE notice_recipients (
  notice_id TEXT NOT NULL REFERENCES notices (id) ON DELETE CASCADE,
  user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  status    TEXT NOT NULL CHECK (status IN ('waiting', 'success', 'failed')),
  error     TEXT CHECK (length(error) <= 200),
  dismissed INTEGER,
  PRIMARY KEY (notice_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_recipients_by_user ON notice_recipients (user_id, dismissed);
