-- Members who were seen at this store, as the cloud's newest snapshot gave them. `lookup` is what this device computes
-- from a number that a customer types (sync.secrets.phone_lookup); `points` stood at `taken_ms`, by the cloud's clock.
CREATE TABLE member (
    lookup   TEXT PRIMARY KEY,
    masked   TEXT NOT NULL,
    points   INTEGER NOT NULL CHECK (points >= 0),
    taken_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The members of a snapshot that is still arriving, also over several tries; nobody reads them before it is whole.
CREATE TABLE member_arriving (
    lookup   TEXT PRIMARY KEY,
    masked   TEXT NOT NULL,
    points   INTEGER NOT NULL CHECK (points >= 0),
    taken_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Bulk material that waits for a quiet moment: redacted receipts (`subject` is the document that holds the text) and
-- telemetry (`body`). Apart from the outbox: it has no order, and no operation ever waits for it.
CREATE TABLE upload (
    n          INTEGER PRIMARY KEY,
    upload_id  TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    subject    TEXT,
    body       TEXT,
    created_ms INTEGER NOT NULL,
    CHECK ((subject IS NULL) <> (body IS NULL))
) STRICT;
CREATE INDEX upload_subject ON upload (subject) WHERE subject IS NOT NULL;

-- What is purged by its age alone needs its age in an index.
CREATE INDEX phone_entry_opened ON phone_entry (opened_ms);
