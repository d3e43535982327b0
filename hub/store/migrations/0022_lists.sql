-- Lists of servers by the size of volumes read sizes from the index alone; it also finds the volumes of an owner.
CREATE INDEX volumes_by_size ON volumes (owner_id, bytes);
DROP INDEX volumes_by_owner;
-- By activity a page ends at its limit.
CREATE INDEX servers_by_activity ON servers (last_activity);
