-- The token that a lab calls the hub with: of it, too, only the SHA-256 is here. It ends with the state that it was made in.
ALTER TABLE servers ADD COLUMN lab_token_hash TEXT;
CREATE UNIQUE INDEX servers_by_lab_token ON servers (lab_token_hash) WHERE lab_token_hash IS NOT NULL;
