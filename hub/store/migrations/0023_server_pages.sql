-- Lists of servers by the size of volumes: bytes of all volumes of an account, the bin included; null while none was measured.
ALTER TABLE users ADD COLUMN volume_bytes INTEGER;
UPDATE users SET volume_bytes = (SELECT sum(bytes) FROM volumes WHERE owner_id = users.id);
CREATE INDEX users_by_volume_bytes ON users (volume_bytes);

CREATE TRIGGER volumes_come AFTER INSERT ON volumes WHEN new.bytes IS NOT NULL BEGIN
  UPDATE users SET volume_bytes = (SELECT sum(bytes) FROM volumes WHERE owner_id = new.owner_id) WHERE id = new.owner_id;
END;
CREATE TRIGGER volumes_go AFTER DELETE ON volumes WHEN old.bytes IS NOT NULL BEGIN
  UPDATE users SET volume_bytes = (SELECT sum(bytes) FROM volumes WHERE owner_id = old.owner_id) WHERE id = old.owner_id;
END;
CREATE TRIGGER volumes_change AFTER UPDATE OF bytes, owner_id ON volumes WHEN old.bytes IS NOT new.bytes OR old.owner_id <> new.owner_id BEGIN
  UPDATE users SET volume_bytes = (SELECT sum(bytes) FROM volumes WHERE owner_id = users.id) WHERE id IN (old.owner_id, new.owner_id);
END;

-- Servers of a group and of a profile are counted from these alone.
CREATE INDEX servers_by_owner_kind ON servers (owner_id, kind);
CREATE INDEX servers_by_profile ON servers (profile, kind);
