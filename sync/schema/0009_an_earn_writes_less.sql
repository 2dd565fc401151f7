-- Somebody at the counter waits for the commit of an earn, and each page that it changes is written and flushed for
-- them. One key finds a receipt and keeps it from earning twice: the fingerprint of its first print. Other prints of it
-- have none.
DROP INDEX document_earned_once;
DROP INDEX document_fingerprint;
UPDATE document SET fingerprint = NULL WHERE outcome = 'duplicate';
UPDATE document SET fingerprint = NULL WHERE fingerprint IS NOT NULL AND EXISTS (
    SELECT 1 FROM document AS other WHERE other.fingerprint = document.fingerprint
    AND (other.outcome = 'earned', -other.rowid) > (document.outcome = 'earned', -document.rowid));
CREATE UNIQUE INDEX document_sale ON document (fingerprint) WHERE fingerprint IS NOT NULL;
CREATE TRIGGER document_earns_once BEFORE UPDATE OF earn_id ON document
    WHEN old.earn_id IS NOT NULL AND new.earn_id IS NOT old.earn_id
BEGIN
    SELECT RAISE(ABORT, 'a receipt earns once');
END;

-- The row lies in its key's own tree. Whose points they are is in the operation and, for people, in `masked`: nothing
-- here ever looked at the number, so that it is not kept.
CREATE TABLE earn_kept (
    earn_id       TEXT PRIMARY KEY,
    op_id         TEXT NOT NULL,
    seq           INTEGER NOT NULL,
    masked        TEXT NOT NULL,
    fingerprint   TEXT,
    document_id   TEXT,
    paid_won      INTEGER NOT NULL,
    points        INTEGER NOT NULL CHECK (points >= 0),
    rate_bp       INTEGER NOT NULL,
    reasons_json  TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('provisional', 'posted', 'adjusted', 'rejected', 'reversed')),
    posted_points INTEGER,
    created_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO earn_kept SELECT earn_id, op_id, seq, masked, fingerprint, document_id, paid_won, points, rate_bp,
    reasons_json, status, posted_points, created_ms FROM earn ORDER BY earn_id;
DROP TABLE earn;
ALTER TABLE earn_kept RENAME TO earn;
CREATE INDEX earn_created ON earn (created_ms);

-- Ids rise with the time of their making, so that the screens of the last minute are the end of the table. A number that
-- waits is found by its time: there is one a till at most.
CREATE TABLE entry_kept (
    entry_id     TEXT PRIMARY KEY,
    till         TEXT NOT NULL,
    opened_ms    INTEGER NOT NULL,
    submitted_ms INTEGER,
    phone_sealed BLOB,
    phone_lookup TEXT,
    masked       TEXT,
    state        TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'earned', 'expired', 'replaced', 'skipped')),
    document_id  TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO entry_kept SELECT entry_id, till, opened_ms, submitted_ms, phone_sealed, phone_lookup, masked, state,
    document_id FROM phone_entry ORDER BY entry_id;
DROP TABLE phone_entry;
ALTER TABLE entry_kept RENAME TO phone_entry;
CREATE INDEX phone_entry_waiting ON phone_entry (submitted_ms) WHERE state = 'waiting';
CREATE INDEX phone_entry_submitted ON phone_entry (submitted_ms) WHERE submitted_ms IS NOT NULL;
