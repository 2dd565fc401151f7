-- What this shop has taught the reader: the meaning of a label on its own receipts. `origin` says who taught it.
CREATE TABLE layout_lesson (
    label       TEXT PRIMARY KEY,
    meaning     TEXT NOT NULL,
    pos_model   TEXT NOT NULL DEFAULT '',
    origin      TEXT NOT NULL CHECK (origin IN ('counter', 'file', 'hq')),
    document_id TEXT,
    taught_by   TEXT,
    taught_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
