-- Times are milliseconds of the wall clock, UTC. `seq` is the order of creation; identities are the random `id`s.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE users (
  seq                  INTEGER PRIMARY KEY AUTOINCREMENT,
  id                   TEXT NOT NULL UNIQUE,
  name                 TEXT NOT NULL UNIQUE,
  admin                INTEGER NOT NULL CHECK (admin IN (0, 1)),
  status               TEXT NOT NULL CHECK (status IN ('pending', 'active', 'disabled')),
  created              INTEGER NOT NULL,
  last_activity        INTEGER,
  must_change_password INTEGER NOT NULL CHECK (must_change_password IN (0, 1)),
  password_hash        TEXT
) STRICT;
CREATE INDEX users_by_status ON users (status);
CREATE INDEX users_by_activity ON users (last_activity);
CREATE INDEX users_admins ON users (admin) WHERE admin = 1;

CREATE TABLE groups (
  seq        INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL UNIQUE,
  properties TEXT NOT NULL
) STRICT;

CREATE TABLE group_members (
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX group_members_by_user ON group_members (user_id);

CREATE TABLE roles (
  name        TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  scopes      TEXT NOT NULL
) STRICT;

CREATE TABLE role_users (
  role    TEXT NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (role, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_users_by_user ON role_users (user_id);

CREATE TABLE role_groups (
  role     TEXT NOT NULL REFERENCES roles (name) ON DELETE CASCADE,
  group_id TEXT NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
  PRIMARY KEY (role, group_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX role_groups_by_group ON role_groups (group_id);

-- The `admin` flag and the `admin` role are one fact seen from two sides; here they cannot come apart.
CREATE TRIGGER admin_role_appears AFTER INSERT ON roles WHEN NEW.name = 'admin' BEGIN
  INSERT OR IGNORE INTO role_users (role, user_id) SELECT 'admin', id FROM users WHERE admin = 1;
END;
CREATE TRIGGER admin_is_created AFTER INSERT ON users WHEN NEW.admin = 1 BEGIN
  INSERT OR IGNORE INTO role_users (role, user_id) SELECT name, NEW.id FROM roles WHERE name = 'admin';
END;
CREATE TRIGGER admin_flag_is_set AFTER UPDATE OF admin ON users WHEN NEW.admin = 1 BEGIN
  INSERT OR IGNORE INTO role_users (role, user_id) SELECT name, NEW.id FROM roles WHERE name = 'admin';
END;
CREATE TRIGGER admin_flag_is_cleared AFTER UPDATE OF admin ON users WHEN NEW.admin = 0 BEGIN
  DELETE FROM role_users WHERE role = 'admin' AND user_id = NEW.id;
END;
CREATE TRIGGER admin_role_is_granted AFTER INSERT ON role_users WHEN NEW.role = 'admin' BEGIN
  UPDATE users SET admin = 1 WHERE id = NEW.user_id AND admin = 0;
END;
CREATE TRIGGER admin_role_is_revoked AFTER DELETE ON role_users WHEN OLD.role = 'admin' BEGIN
  UPDATE users SET admin = 0 WHERE id = OLD.user_id AND admin = 1;
END;

-- Of secrets only their SHA-256 is ever here (B11).
CREATE TABLE sessions (
  id         TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash       TEXT NOT NULL UNIQUE,
  created    INTEGER NOT NULL,
  last_seen  INTEGER NOT NULL,
  address    TEXT NOT NULL,
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_last_seen ON sessions (last_seen);
CREATE INDEX sessions_by_created ON sessions (created);

CREATE TABLE tokens (
  id        TEXT PRIMARY KEY,
  owner_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash      TEXT NOT NULL UNIQUE,
  note      TEXT NOT NULL,
  scopes    TEXT NOT NULL,
  created   INTEGER NOT NULL,
  expires   INTEGER,
  last_used INTEGER
) STRICT;
CREATE INDEX tokens_by_owner ON tokens (owner_id);

CREATE TABLE servers (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT NOT NULL UNIQUE,
  owner_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name          TEXT NOT NULL,
  version       INTEGER NOT NULL,
  kind          TEXT NOT NULL CHECK (kind IN ('stopped', 'queued', 'starting', 'ready', 'stopping', 'failed')),
  since         INTEGER,
  state         TEXT NOT NULL,
  profile       TEXT,
  secret        TEXT,
  user_options  TEXT,
  created       INTEGER NOT NULL,
  last_activity INTEGER,
  UNIQUE (owner_id, name)
) STRICT;
CREATE INDEX servers_by_kind ON servers (kind, since);

CREATE TABLE throttle (
  id  INTEGER PRIMARY KEY,
  key TEXT NOT NULL,
  at  INTEGER NOT NULL
) STRICT;
CREATE INDEX throttle_by_key ON throttle (key, at);
CREATE INDEX throttle_by_time ON throttle (at);

CREATE TABLE audit (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  at     INTEGER NOT NULL,
  actor  TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
