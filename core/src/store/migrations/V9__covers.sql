-- Who stands in for whoever coordinates a child, and until when (Unix seconds), as far as this device has seen it given.
CREATE TABLE cover (
    child BLOB NOT NULL,
    person BLOB NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (child, person)
) WITHOUT ROWID;
-- 1: this person's time in the circle is over, by this device's clock; 2: by the relay's, and its keys and texts are gone from here.
-- A record that lies only in such circles is not shown: its state is 3 where it was 0, and 4 where it was 1.
ALTER TABLE circle ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
CREATE INDEX circle_ended ON circle (id) WHERE ended > 0;
-- What lies in a circle is looked for by the circle.
CREATE INDEX placed_circle ON placed (circle);
CREATE INDEX record_hidden ON record (id) WHERE state IN (3, 4);
