-- Points that a customer asked to spend at this counter's own tablet; the id is the request's. `snapshot_ms` is what a
-- decision of this counter alone rests on; NULL: the cloud holds the points. `day` is the shop's day, whose quota it
-- uses up. The number is sealed and only here until the decision; `settled`: the cloud has answered its operation.
CREATE TABLE spend (
    spend_id       TEXT PRIMARY KEY,
    phone_lookup   TEXT NOT NULL,
    phone_sealed   BLOB,
    points         INTEGER NOT NULL CHECK (points > 0),
    payment_won    INTEGER NOT NULL CHECK (payment_won >= points),
    snapshot_ms    INTEGER,
    uncertain      INTEGER NOT NULL CHECK (uncertain IN (0, 1)),
    day            TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('open', 'spent', 'dropped')),
    op_id          TEXT UNIQUE,
    settled        INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
    covered_points INTEGER,
    loss_points    INTEGER,
    created_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX spend_day ON spend (day) WHERE snapshot_ms IS NOT NULL;
CREATE INDEX spend_open ON spend (created_ms) WHERE state = 'open' AND snapshot_ms IS NOT NULL;
CREATE INDEX spend_member ON spend (phone_lookup, created_ms);
