-- The agent's whole local file. Times end in _ms (wall clock unless the name says mono); amounts are whole won or
-- points. Every statement ends with a semicolon at the end of a line; triggers are allowed.

-- Small single values: who we are, profile and policy of the store (JSON), marks of the sync engine. No secrets.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The end of each operation chain. Apart from the outbox, because acknowledged operations are purged and their
-- numbers must never be given out again.
CREATE TABLE outbox_head (
    device_id TEXT NOT NULL,
    epoch     INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL CHECK (last_seq >= 0),
    last_hash TEXT NOT NULL,
    PRIMARY KEY (device_id, epoch)
) STRICT, WITHOUT ROWID;

-- What this device says happened, in order, until the cloud said it is safe and 14 days more. `body` holds no
-- personal data: that part is in `sealed` (AES-GCM of a JSON object merged into the body on sending). `hash` covers
-- the whole operation as sent. `local_error` is set when our own follow-up of an answer failed; the answer stands.
CREATE TABLE outbox (
    device_id   TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL CHECK (seq > 0),
    op_id       TEXT NOT NULL UNIQUE,
    kind        TEXT NOT NULL,
    v           INTEGER NOT NULL,
    store_id    TEXT NOT NULL,
    actor       TEXT NOT NULL,
    wall_ms     INTEGER NOT NULL,
    mono_ms     INTEGER NOT NULL,
    boot_id     TEXT NOT NULL,
    seen_cursor TEXT NOT NULL,
    body        TEXT NOT NULL,
    sealed      BLOB,
    wire_bytes  INTEGER NOT NULL,
    prev_hash   TEXT NOT NULL,
    hash        TEXT NOT NULL,
    status      TEXT NOT NULL DEFAULT 'pending'
                CHECK (status IN ('pending', 'applied', 'adjusted', 'rejected', 'parked', 'forked')),
    code        TEXT,
    result_json TEXT,
    acked_ms    INTEGER, -- the cloud's clock, so that a wall clock set wrong here purges nothing
    local_error TEXT,
    PRIMARY KEY (device_id, epoch, seq)
) STRICT;
CREATE INDEX outbox_status ON outbox (status, wall_ms);
CREATE INDEX outbox_local_error ON outbox (op_id) WHERE local_error IS NOT NULL;

-- How far the two feeds were read and applied. One row.
CREATE TABLE inbox_cursor (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL CHECK (generation >= 0),
    store_n    INTEGER NOT NULL CHECK (store_n >= 0),
    brand_n    INTEGER NOT NULL CHECK (brand_n >= 0)
) STRICT;

-- Recent rows of the feeds, for support; and, with `error`, rows that our own code could not apply (kept until
-- somebody looked).
CREATE TABLE feed_row (
    feed             TEXT NOT NULL,
    generation       INTEGER NOT NULL,
    n                INTEGER NOT NULL,
    kind             TEXT NOT NULL,
    body             TEXT NOT NULL,
    received_wall_ms INTEGER NOT NULL,
    error            TEXT,
    PRIMARY KEY (feed, generation, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_row_error ON feed_row (received_wall_ms) WHERE error IS NOT NULL;

-- Requests as the cloud shows them, plus what this device did about them. (generation, version) orders two
-- projections of one request: a restored cloud counts versions again in a higher generation.
CREATE TABLE request (
    request_id       TEXT PRIMARY KEY,
    generation       INTEGER NOT NULL DEFAULT 0,
    version          INTEGER NOT NULL,
    kind             TEXT NOT NULL,
    state            TEXT NOT NULL,
    title            TEXT NOT NULL,
    nickname         TEXT,
    condition        TEXT,
    amount_won       INTEGER,
    pos_discount_won INTEGER,
    created_ms       INTEGER NOT NULL,
    reason           TEXT,
    reason_text      TEXT,
    decided_by       TEXT,
    decided_ms       INTEGER,
    order_id         TEXT,
    slip_code        TEXT,
    local_decision   TEXT,
    seen_op          INTEGER NOT NULL DEFAULT 0 CHECK (seen_op IN (0, 1)),
    deadline_mono_ms INTEGER,
    deadline_boot_id TEXT,
    received_wall_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX request_state ON request (state, created_ms);
CREATE INDEX request_decided ON request (decided_ms) WHERE decided_ms IS NOT NULL;

-- Orders as the cloud shows them.
CREATE TABLE customer_order (
    order_id   TEXT PRIMARY KEY,
    generation INTEGER NOT NULL DEFAULT 0,
    version    INTEGER NOT NULL,
    number     TEXT NOT NULL,
    state      TEXT NOT NULL,
    channel    TEXT NOT NULL,
    items_json TEXT NOT NULL,
    total_won  INTEGER NOT NULL,
    payment    TEXT NOT NULL,
    nickname   TEXT,
    note       TEXT,
    created_ms INTEGER NOT NULL,
    request_id TEXT
) STRICT;
CREATE INDEX customer_order_created ON customer_order (created_ms);
CREATE INDEX customer_order_state ON customer_order (state, created_ms);

-- Documents that the till printed, already redacted by the capture. `fingerprint` is the identity of the receipt;
-- the unique index says: one document at most earned for it.
CREATE TABLE document (
    document_id        TEXT PRIMARY KEY,
    captured_ms        INTEGER NOT NULL,
    source             TEXT NOT NULL,
    kind               TEXT NOT NULL,
    total_won          INTEGER,
    paid_won           INTEGER,
    receipt_no         TEXT,
    till               TEXT,
    printed_at         TEXT,
    approval_tags_json TEXT NOT NULL DEFAULT '[]',
    fingerprint        TEXT,
    fingerprint_date   TEXT,
    verdict            TEXT NOT NULL,
    outcome            TEXT NOT NULL CHECK (outcome IN ('waiting', 'earned', 'duplicate', 'reversed',
                       'reversal_waiting', 'ignored', 'ask', 'unmatched')),
    earn_id            TEXT,
    reading_json       TEXT NOT NULL,
    lines_json         TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX document_earned_once ON document (fingerprint) WHERE outcome = 'earned';
CREATE INDEX document_fingerprint ON document (fingerprint);
CREATE INDEX document_captured ON document (captured_ms);
CREATE INDEX document_outcome ON document (outcome, captured_ms);
CREATE INDEX document_sale_amount ON document (coalesce(total_won, paid_won), captured_ms) WHERE verdict = 'earn';

-- A customer's number, from the opening of the screen to its earn. The number itself only sealed.
CREATE TABLE phone_entry (
    entry_id     TEXT PRIMARY KEY,
    till         TEXT NOT NULL,
    opened_ms    INTEGER NOT NULL,
    submitted_ms INTEGER,
    phone_sealed BLOB,
    phone_lookup TEXT,
    masked       TEXT,
    state        TEXT NOT NULL CHECK (state IN ('open', 'waiting', 'earned', 'expired', 'replaced', 'skipped')),
    document_id  TEXT
) STRICT;
CREATE INDEX phone_entry_state ON phone_entry (state, till, opened_ms);
CREATE INDEX phone_entry_submitted ON phone_entry (submitted_ms);

-- Points given at this counter: provisional until the cloud posted them. One per receipt.
CREATE TABLE earn (
    earn_id       TEXT PRIMARY KEY,
    op_id         TEXT NOT NULL UNIQUE,
    seq           INTEGER NOT NULL,
    phone_lookup  TEXT NOT NULL,
    phone_sealed  BLOB NOT NULL,
    masked        TEXT NOT NULL,
    fingerprint   TEXT UNIQUE,
    document_id   TEXT,
    paid_won      INTEGER NOT NULL,
    points        INTEGER NOT NULL CHECK (points >= 0),
    rate_bp       INTEGER NOT NULL,
    reasons_json  TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('provisional', 'posted', 'adjusted', 'rejected', 'reversed')),
    posted_points INTEGER,
    created_ms    INTEGER NOT NULL
) STRICT;
CREATE INDEX earn_created ON earn (created_ms);
CREATE INDEX earn_document ON earn (document_id);

-- Points taken back after a cancelled sale. One per cancel slip.
CREATE TABLE reversal (
    reversal_id        TEXT PRIMARY KEY,
    op_id              TEXT NOT NULL UNIQUE,
    cancel_fingerprint TEXT NOT NULL UNIQUE,
    earn_id            TEXT,
    points             INTEGER NOT NULL,
    created_ms         INTEGER NOT NULL
) STRICT;
CREATE INDEX reversal_earn ON reversal (earn_id);
CREATE INDEX reversal_created ON reversal (created_ms);

-- What has to come out of a printer, once: the key is the subject's id and the kind of slip.
CREATE TABLE print_job (
    job_id         TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,
    document_json  TEXT NOT NULL,
    printer        TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('queued', 'printing', 'printed', 'failed', 'unknown', 'cancelled')),
    attempts       INTEGER NOT NULL DEFAULT 0,
    last_error     TEXT,
    copies_printed INTEGER NOT NULL DEFAULT 0,
    created_ms     INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX print_job_state ON print_job (state, created_ms);
CREATE INDEX print_job_created ON print_job (created_ms);
