-- What people call a server; its name is a path segment.
ALTER TABLE servers ADD COLUMN display_name TEXT NOT NULL DEFAULT '';
