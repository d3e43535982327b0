-- The audit log becomes a chain: every entry holds the hash of the one before it. SQLite cannot make the hashes: the store copies
-- what is in `audit_before_chain` when it opens (audit-upgrade.ts) and drops that table, in one transaction.
ALTER TABLE audit RENAME TO audit_before_chain;

CREATE TABLE audit (
  id         INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor      TEXT NOT NULL,
  actor_id   TEXT NOT NULL,
  via        TEXT NOT NULL,
  credential TEXT NOT NULL,
  address    TEXT NOT NULL,
  request_id TEXT NOT NULL,
  action     TEXT NOT NULL,
  target     TEXT NOT NULL,
  result     TEXT NOT NULL CHECK (result IN ('ok', 'denied', 'failed')),
  detail     TEXT NOT NULL,
  prev       TEXT NOT NULL,
  hash       TEXT NOT NULL
) STRICT;

-- `head`: the newest entry. `anchor`: the newest of those that the retention rule removed; id 0 means that none was.
CREATE TABLE audit_ends (
  name TEXT PRIMARY KEY CHECK (name IN ('anchor', 'head')),
  id   INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO audit_ends (name, id, hash) VALUES ('anchor', 0, printf('%064d', 0)), ('head', 0, printf('%064d', 0));

CREATE TRIGGER audit_only_grows BEFORE INSERT ON audit
WHEN NEW.id <> (SELECT id + 1 FROM audit_ends WHERE name = 'head') OR NEW.prev <> (SELECT hash FROM audit_ends WHERE name = 'head') BEGIN
  SELECT RAISE(ABORT, 'the audit log only grows at its end');
END;
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN
  SELECT RAISE(ABORT, 'the audit log is never changed');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit WHEN OLD.id > (SELECT id FROM audit_ends WHERE name = 'anchor') BEGIN
  SELECT RAISE(ABORT, 'only the retention rule removes audit entries');
END;
CREATE TRIGGER audit_ends_stay BEFORE DELETE ON audit_ends BEGIN
  SELECT RAISE(ABORT, 'the ends of the audit log are kept');
END;
CREATE TRIGGER audit_ends_move_on BEFORE UPDATE ON audit_ends
WHEN NEW.name <> OLD.name OR NEW.id <= OLD.id OR NEW.hash IS NOT (SELECT hash FROM audit WHERE id = NEW.id) BEGIN
  SELECT RAISE(ABORT, 'the ends of the audit log only move forward, to an entry');
END;
