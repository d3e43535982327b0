-- What came from a JupyterHub. An account that an import made may be completed by a later one; any other is never touched.
CREATE TABLE imported_users (
  user_id TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Its tokens: `hash` as JupyterHub wrote it. While `tokens.hash` is the same, the secret has not been seen here yet. A row outlives its
-- token, so that a second import does not bring a revoked one back.
CREATE TABLE imported_tokens (
  hash     TEXT PRIMARY KEY,
  prefix   TEXT NOT NULL,
  token_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX imported_tokens_by_prefix ON imported_tokens (prefix);

-- Labels of a volume cannot be changed, so whose an older volume is stands here.
CREATE TABLE adopted_volumes (
  name    TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('home', 'workspace', 'cache')),
  UNIQUE (user_id, purpose)
) STRICT, WITHOUT ROWID;

-- Found at every failed sign-in: while such a hash is left, all of them cost the same time.
CREATE INDEX users_with_bcrypt ON users (id) WHERE password_hash GLOB '$2*';
