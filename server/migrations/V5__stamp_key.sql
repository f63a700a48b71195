-- Every key that entries were stamped with, the newest last; the one in use is in stamp.key, too.
CREATE TABLE stamp_key (n INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE);
