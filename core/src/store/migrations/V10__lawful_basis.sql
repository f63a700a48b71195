-- The lawful basis that a record is shared on: chosen, until it has a circle, and as whoever brought it there has said.
ALTER TABLE share ADD COLUMN basis TEXT;
ALTER TABLE placed ADD COLUMN basis TEXT;
