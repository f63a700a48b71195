-- The relay's word that it has accepted the entry; NULL while it has not shown it here.
ALTER TABLE entry ADD COLUMN stamp BLOB;
-- What it has shown before comes once more, with its stamp.
UPDATE meta SET value = zeroblob(24) WHERE key = 'after';
