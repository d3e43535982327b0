-- Settings that were changed while the hub ran: as they were written, in JSON.
CREATE TABLE settings (
  path    TEXT PRIMARY KEY,
  value   TEXT NOT NULL CHECK (json_valid(value)),
  changer TEXT NOT NULL,
  at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Warnings of checks that an administrator has seen. A check that says something else is a new warning.
CREATE TABLE dismissals (
  code      TEXT PRIMARY KEY,
  detail    TEXT NOT NULL,
  dismisser TEXT NOT NULL,
  at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
