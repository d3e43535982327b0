-- Services that were made over the API; what the configuration declares is not here. Of a token only its SHA-256 is.
CREATE TABLE services (
  name       TEXT PRIMARY KEY,
  client_id  TEXT NOT NULL UNIQUE,
  token_hash TEXT UNIQUE,
  spec       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
