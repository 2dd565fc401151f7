-- Claim slips that were made for receipts nobody's number met. earn_id is that of the earn to come, whoever books it.
CREATE TABLE claim (
    document_id TEXT PRIMARY KEY,
    earn_id     TEXT NOT NULL UNIQUE,
    code        TEXT NOT NULL UNIQUE,
    issued_ms   INTEGER NOT NULL,
    until_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
