-- What the configuration gave, so that it is taken back when the configuration no longer says it: who is in which group (`member`), who
-- holds which role (`role`, `group-role`), and which group has properties from there (`properties`).
CREATE TABLE declared (
  kind   TEXT NOT NULL CHECK (kind IN ('member', 'role', 'group-role', 'properties')),
  what   TEXT NOT NULL,
  holder TEXT NOT NULL,
  PRIMARY KEY (kind, what, holder)
) STRICT, WITHOUT ROWID;

-- Until now these members could come from nowhere else, and what the hub keeps for itself stood among the properties.
INSERT INTO declared (kind, what, holder)
  SELECT 'member', group_id, user_id FROM group_members JOIN groups ON groups.id = group_id WHERE json_extract(properties, '$.declared') IS NOT NULL;
UPDATE groups SET properties = json_remove(properties, '$.declared', '$.outbound') WHERE json_extract(properties, '$.declared') IS NOT NULL;
