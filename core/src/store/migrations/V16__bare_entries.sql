-- 1 if this device has brought somebody else's entry back to the relay without all of its wraps: only who made it and the relay had those.
ALTER TABLE entry ADD COLUMN bare INTEGER NOT NULL DEFAULT 0;
CREATE INDEX entry_bare ON entry (id) WHERE bare = 1;
