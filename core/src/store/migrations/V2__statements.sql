-- 1 while the relay, restored from a backup, may have to be told again.
ALTER TABLE statement ADD COLUMN unsent INTEGER NOT NULL DEFAULT 0;
CREATE INDEX statement_unsent ON statement (id) WHERE unsent = 1;
