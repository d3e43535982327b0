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

-- How many of those whom a message is for have it in their labs, wait for it, or cannot be told: counting a message to 10,000 people took 1 ms, for each of a page.
ALTER TABLE notices ADD COLUMN waiting INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN successful INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN failed INTEGER NOT NULL DEFAULT 0;
UPDATE notices SET
  waiting = (SELECT count(*) FROM notice_recipients WHERE notice_id = notices.id AND status = 'waiting'),
  successful = (SELECT count(*) FROM notice_recipients WHERE notice_id = notices.id AND status = 'success'),
  failed = (SELECT count(*) FROM notice_recipients WHERE notice_id = notices.id AND status = 'failed');
CREATE TRIGGER notice_recipients_come AFTER INSERT ON notice_recipients BEGIN
  UPDATE notices SET waiting = waiting + (new.status = 'waiting'), successful = successful + (new.status = 'success'), failed = failed + (new.status = 'failed') WHERE id = new.notice_id;
END;
CREATE TRIGGER notice_recipients_go AFTER DELETE ON notice_recipients BEGIN
  UPDATE notices SET waiting = waiting - (old.status = 'waiting'), successful = successful - (old.status = 'success'), failed = failed - (old.status = 'failed') WHERE id = old.notice_id;
END;
CREATE TRIGGER notice_recipients_told AFTER UPDATE OF status ON notice_recipients WHEN old.status <> new.status BEGIN
  UPDATE notices SET waiting = waiting + (new.status = 'waiting') - (old.status = 'waiting'), successful = successful + (new.status = 'success') - (old.status = 'success'),
    failed = failed + (new.status = 'failed') - (old.status = 'failed') WHERE id = new.notice_id;
END;

-- Servers of a group and of a profile are counted from these alone.
CREATE INDEX servers_by_owner_kind ON servers (owner_id, kind);
CREATE INDEX servers_by_profile ON servers (profile, kind);
