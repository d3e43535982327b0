-- The line of those who wait for a place. `tag` is their turn in the fair order; `jumped` orders those whom an administrator put in front.
CREATE TABLE waiting (
  server_id TEXT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
  tag       INTEGER NOT NULL,
  jumped    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TRIGGER servers_leave_line AFTER UPDATE OF kind ON servers WHEN OLD.kind = 'queued' AND NEW.kind <> 'queued' BEGIN
  DELETE FROM waiting WHERE server_id = NEW.id;
END;

INSERT INTO waiting (server_id, tag) SELECT id, 0 FROM servers WHERE kind = 'queued';

-- What a server takes of the machine, as it was started: the configuration may say something else since. NULL: it has no limit.
CREATE TABLE holds (
  server_id TEXT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
  memory    INTEGER,
  cpus      REAL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER servers_let_go AFTER UPDATE OF kind ON servers WHEN NEW.kind IN ('stopped', 'failed', 'queued') BEGIN
  DELETE FROM holds WHERE server_id = NEW.id;
END;

-- How long the last servers ran, whoever's they were: what an estimate of a wait is made of.
CREATE TABLE spans (
  id INTEGER PRIMARY KEY,
  ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER servers_ran AFTER UPDATE OF kind ON servers
WHEN OLD.kind = 'ready' AND NEW.kind IN ('stopping', 'stopped', 'failed') AND NEW.since > OLD.since BEGIN
  INSERT INTO spans (ms) VALUES (NEW.since - OLD.since);
  DELETE FROM spans WHERE id <= (SELECT max(id) FROM spans) - 500;
END;

-- The one maintenance that is announced, goes on, or was the last. `began`: what ran then is written down below.
CREATE TABLE maintenance (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  starts    INTEGER NOT NULL,
  until     INTEGER,
  message   TEXT NOT NULL,
  announcer TEXT NOT NULL,
  announced INTEGER NOT NULL,
  told      INTEGER,
  began     INTEGER,
  ended     INTEGER
) STRICT;

CREATE TABLE maintenance_servers (
  server_id TEXT PRIMARY KEY REFERENCES servers (id) ON DELETE CASCADE,
  state     TEXT NOT NULL CHECK (state IN ('running', 'stopped', 'wanted', 'started', 'refused')),
  reason    TEXT
) STRICT, WITHOUT ROWID;
