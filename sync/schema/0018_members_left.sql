-- Numbers of whom the cloud says that they are nobody's now, and until when whoever types one is promised nothing.
CREATE TABLE member_left (
    lookup   TEXT PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    at_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
