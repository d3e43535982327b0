-- Which volume a server gets is decided here and not by a name: each row is one generation of a volume, found in the engine by its id. A row
-- outlives its owner when the account was deleted without its files; `former` then says whose they were.
CREATE TABLE volumes (
  id         TEXT PRIMARY KEY,
  owner_id   TEXT NOT NULL,
  former     TEXT,
  purpose    TEXT NOT NULL CHECK (purpose IN ('home', 'workspace', 'cache')),
  generation INTEGER NOT NULL,
  -- For a volume that carries no id, because its labels cannot be changed any more.
  name       TEXT UNIQUE,
  state      TEXT NOT NULL CHECK (state IN ('active', 'bin', 'removing')),
  created    INTEGER NOT NULL,
  last_used  INTEGER,
  bytes      INTEGER,
  measured   INTEGER,
  binned     INTEGER,
  ends       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX volumes_by_owner ON volumes (owner_id);
CREATE UNIQUE INDEX volumes_active ON volumes (owner_id, purpose) WHERE state = 'active';
CREATE INDEX volumes_ending ON volumes (ends) WHERE state = 'bin' AND ends IS NOT NULL;
CREATE INDEX volumes_removing ON volumes (state) WHERE state = 'removing';
CREATE INDEX volumes_left ON volumes (former) WHERE former IS NOT NULL;

CREATE TRIGGER users_leave_volumes AFTER DELETE ON users BEGIN
  UPDATE volumes SET former = OLD.name WHERE owner_id = OLD.id;
END;

INSERT INTO volumes (id, owner_id, purpose, generation, name, state, created)
  SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(6))),
    user_id, purpose, 1, name, 'active', unixepoch() * 1000 FROM adopted_volumes;
DROP TABLE adopted_volumes;
