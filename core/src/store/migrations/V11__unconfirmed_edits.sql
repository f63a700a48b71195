-- 1 for an edit of a device that was out when somebody else brought it here: a living record has many writers, and the doubt is about
-- one of them. The record's own column goes on to say it of frozen records.
ALTER TABLE edit ADD COLUMN unconfirmed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX edit_unconfirmed ON edit (record) WHERE unconfirmed = 1;
UPDATE edit SET unconfirmed = 1 WHERE record IN (SELECT id FROM record WHERE unconfirmed = 1);
UPDATE record SET unconfirmed = 0 WHERE unconfirmed = 1 AND id IN (SELECT record FROM edit);
