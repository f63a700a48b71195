-- 1 for a record of a device that was out when somebody else brought it here: whether it was written before, nobody can say.
ALTER TABLE record ADD COLUMN unconfirmed INTEGER NOT NULL DEFAULT 0;
