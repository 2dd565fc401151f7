-- What the cloud last said of this store's rewards, to be read without a line; figures and masked names.
CREATE TABLE report_kept (
    name   TEXT PRIMARY KEY,
    body   TEXT NOT NULL,
    at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
