-- What people say about themselves, and how they want to see pages. null: as the browser asks, as the hub has it.
CREATE TABLE account_details (
  user_id   TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  real_name TEXT NOT NULL,
  email     TEXT NOT NULL,
  language  TEXT CHECK (language IN ('en', 'zh')),
  theme     TEXT CHECK (theme IN ('auto', 'light', 'dark'))
) STRICT, WITHOUT ROWID;

-- Whom an entry of the audit log is about, by id: what somebody did, and what was done to what is theirs. Names may change hands; this
-- goes with the account, and with the entry.
CREATE TABLE account_log (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  entry   INTEGER NOT NULL REFERENCES audit (id) ON DELETE CASCADE,
  kind    TEXT NOT NULL,
  PRIMARY KEY (user_id, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_log_by_kind ON account_log (user_id, kind, entry);
CREATE INDEX account_log_by_entry ON account_log (entry);

-- First word of an action, and what people call its kind. Actions of other kinds are nobody's own.
CREATE TABLE account_log_kinds (
  word TEXT PRIMARY KEY,
  kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO account_log_kinds (word, kind) VALUES
  ('user', 'account'), ('role', 'account'), ('server', 'servers'), ('token', 'tokens'), ('oauth', 'tokens'), ('volume', 'volumes'), ('share', 'shares'), ('share-code', 'shares'),
  ('user.sign-in', 'sign-in'), ('user.sign-out', 'sign-in'), ('user.end-session', 'sign-in'), ('user.end-sessions', 'sign-in');

CREATE TRIGGER account_log_of_actor AFTER INSERT ON audit WHEN NEW.actor_kind = 'user' BEGIN
  INSERT OR IGNORE INTO account_log (user_id, entry, kind)
    SELECT users.id, NEW.id, coalesce((SELECT kind FROM account_log_kinds WHERE word = NEW.action), account_log_kinds.kind)
    FROM users, account_log_kinds WHERE users.id = NEW.actor_id AND word = substr(NEW.action, 1, instr(NEW.action, '.') - 1);
END;
-- By id where the entry has one: a new name is there already when its entry is written.
CREATE TRIGGER account_log_of_user_by_id AFTER INSERT ON audit WHEN substr(NEW.target, 1, 5) = 'user:' AND json_extract(NEW.detail, '$.user') IS NOT NULL BEGIN
  INSERT OR IGNORE INTO account_log (user_id, entry, kind)
    SELECT users.id, NEW.id, coalesce((SELECT kind FROM account_log_kinds WHERE word = NEW.action), account_log_kinds.kind)
    FROM users, account_log_kinds WHERE users.id = json_extract(NEW.detail, '$.user') AND word = substr(NEW.action, 1, instr(NEW.action, '.') - 1);
END;
CREATE TRIGGER account_log_of_user AFTER INSERT ON audit WHEN substr(NEW.target, 1, 5) = 'user:' AND json_extract(NEW.detail, '$.user') IS NULL BEGIN
  INSERT OR IGNORE INTO account_log (user_id, entry, kind)
    SELECT users.id, NEW.id, coalesce((SELECT kind FROM account_log_kinds WHERE word = NEW.action), account_log_kinds.kind)
    FROM users, account_log_kinds WHERE users.name = substr(NEW.target, 6) AND word = substr(NEW.action, 1, instr(NEW.action, '.') - 1);
END;
CREATE TRIGGER account_log_of_owner AFTER INSERT ON audit WHEN substr(NEW.target, 1, 7) = 'server:' BEGIN
  INSERT OR IGNORE INTO account_log (user_id, entry, kind)
    SELECT users.id, NEW.id, account_log_kinds.kind
    FROM users, account_log_kinds WHERE users.name = substr(NEW.target, 8, instr(NEW.target, '/') - 8) AND word = substr(NEW.action, 1, instr(NEW.action, '.') - 1);
END;

-- What is in the log already, as far as it names people by their ids.
INSERT OR IGNORE INTO account_log (user_id, entry, kind)
  SELECT users.id, audit.id, coalesce((SELECT kind FROM account_log_kinds WHERE word = action), account_log_kinds.kind)
  FROM audit JOIN users ON users.id = actor_id JOIN account_log_kinds ON word = substr(action, 1, instr(action, '.') - 1) WHERE actor_kind = 'user';
INSERT OR IGNORE INTO account_log (user_id, entry, kind)
  SELECT users.id, audit.id, coalesce((SELECT kind FROM account_log_kinds WHERE word = action), account_log_kinds.kind)
  FROM audit JOIN users ON users.id = json_extract(detail, '$.user') JOIN account_log_kinds ON word = substr(action, 1, instr(action, '.') - 1) WHERE substr(target, 1, 5) = 'user:';
INSERT OR IGNORE INTO account_log (user_id, entry, kind)
  SELECT servers.owner_id, audit.id, account_log_kinds.kind
  FROM audit JOIN servers ON servers.id = json_extract(detail, '$.server') JOIN account_log_kinds ON word = substr(action, 1, instr(action, '.') - 1) WHERE substr(target, 1, 7) = 'server:';
