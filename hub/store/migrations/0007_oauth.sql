-- Tokens that the hub gave to a client for somebody: they end with the browser session they were given in, and with the client.
ALTER TABLE tokens ADD COLUMN session_id TEXT REFERENCES sessions (id) ON DELETE CASCADE;
ALTER TABLE tokens ADD COLUMN server_id TEXT REFERENCES servers (id) ON DELETE CASCADE;
ALTER TABLE tokens ADD COLUMN service TEXT;
CREATE INDEX tokens_by_session ON tokens (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX tokens_by_server ON tokens (server_id) WHERE server_id IS NOT NULL;

-- `token_id` is set when the code was used: who comes with it again ends that token.
CREATE TABLE oauth_codes (
  hash       TEXT PRIMARY KEY,
  user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  server_id  TEXT REFERENCES servers (id) ON DELETE CASCADE,
  service    TEXT,
  redirect   TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  challenge  TEXT,
  expires    INTEGER NOT NULL,
  token_id   TEXT,
  CHECK ((server_id IS NULL) <> (service IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_codes_by_user ON oauth_codes (user_id);
CREATE INDEX oauth_codes_by_session ON oauth_codes (session_id);
CREATE INDEX oauth_codes_by_server ON oauth_codes (server_id) WHERE server_id IS NOT NULL;
CREATE INDEX oauth_codes_by_expiry ON oauth_codes (expires);

-- A server's client lives as long as the token of one start, which is its secret.
CREATE TRIGGER oauth_client_ends AFTER UPDATE OF lab_token_hash ON servers
WHEN OLD.lab_token_hash IS NOT NULL AND NEW.lab_token_hash IS NOT OLD.lab_token_hash BEGIN
  DELETE FROM tokens WHERE server_id = OLD.id;
  DELETE FROM oauth_codes WHERE server_id = OLD.id;
END;
