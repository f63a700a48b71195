-- What is to be asked for or agreed to in a circle at the next contact: CBOR.
CREATE TABLE erasing (
    id INTEGER PRIMARY KEY,
    circle INTEGER NOT NULL REFERENCES circle (id),
    wanted BLOB NOT NULL,
    UNIQUE (circle, wanted)
);
-- A chunk in state 6, and a record in state 9, are erased: the row says that there was one, what it said is gone. The record's
-- erasure is named by the entry that agreed to it.
ALTER TABLE record ADD COLUMN erased BLOB;
