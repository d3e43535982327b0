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

-- What the first word of an action, or a whole one, is about. Everything else is the hub itself.
CREATE TABLE audit_kinds (
  word TEXT PRIMARY KEY,
  kind TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO audit_kinds (word, kind) VALUES
  ('user', 'users'), ('role', 'users'), ('import', 'users'), ('server', 'servers'), ('token', 'tokens'), ('oauth', 'tokens'), ('service', 'tokens'), ('volume', 'volumes'),
  ('share', 'shares'), ('share-code', 'shares'), ('group', 'groups'), ('request', 'refused'),
  ('user.sign-in', 'sign-in'), ('user.sign-out', 'sign-in'), ('user.sign-up', 'sign-in'), ('user.end-session', 'sign-in'), ('user.end-sessions', 'sign-in');

-- How many entries of each kind there are of each day (UTC, days since 1970): counting the log itself takes too long for a page.
CREATE TABLE audit_counts (
  day  INTEGER NOT NULL,
  kind TEXT NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (day, kind)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_counts (day, kind, n)
  SELECT at / 86400000, coalesce((SELECT kind FROM audit_kinds WHERE word = action), (SELECT kind FROM audit_kinds WHERE word = substr(action, 1, instr(action, '.') - 1)), 'hub'), count(*)
  FROM audit GROUP BY 1, 2;
CREATE TRIGGER audit_counted AFTER INSERT ON audit BEGIN
  INSERT INTO audit_counts (day, kind, n)
    VALUES (NEW.at / 86400000, coalesce((SELECT kind FROM audit_kinds WHERE word = NEW.action), (SELECT kind FROM audit_kinds WHERE word = substr(NEW.action, 1, instr(NEW.action, '.') - 1)), 'hub'), 1)
    ON CONFLICT (day, kind) DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER audit_uncounted AFTER DELETE ON audit BEGIN
  UPDATE audit_counts SET n = n - 1
    WHERE day = OLD.at / 86400000 AND kind = coalesce((SELECT kind FROM audit_kinds WHERE word = OLD.action), (SELECT kind FROM audit_kinds WHERE word = substr(OLD.action, 1, instr(OLD.action, '.') - 1)), 'hub');
END;
