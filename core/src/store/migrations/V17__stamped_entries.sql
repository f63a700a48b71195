-- The relay's word that it has accepted the entry; NULL while it has not shown it here.
ALTER TABLE entry ADD COLUMN stamp BLOB;
