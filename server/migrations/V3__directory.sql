-- The sealed directory in force: one row. `serial` of the office's order, `head` of the directory inside.
CREATE TABLE directory (serial INTEGER PRIMARY KEY, head BLOB NOT NULL, sealed BLOB NOT NULL);

-- Its key for each device. Those of a higher serial lie ready for a directory that is on its way.
CREATE TABLE directory_wrap (
  serial INTEGER NOT NULL, device BLOB NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY (serial, device)
) WITHOUT ROWID;
