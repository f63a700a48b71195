-- Further chunks that bring an edit which waits for an earlier one: they are done with when the edit is. The first is named by the edit.
CREATE TABLE repeated (
    chunk INTEGER PRIMARY KEY REFERENCES chunk (id) ON DELETE CASCADE,
    edit INTEGER NOT NULL REFERENCES edit (id) ON DELETE CASCADE
);
CREATE INDEX repeated_edit ON repeated (edit);
