-- A row that replaces another is no deletion to SQLite's triggers: the ends could be set anywhere with INSERT OR REPLACE. There are two, and they exist.
CREATE TRIGGER audit_ends_are_two BEFORE INSERT ON audit_ends BEGIN
  SELECT RAISE(ABORT, 'the ends of the audit log only move forward, to an entry');
END;
