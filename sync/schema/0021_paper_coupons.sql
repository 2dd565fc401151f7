-- Coupons of members that the cloud lets this store give on paper.
CREATE TABLE paper_coupon (
    coupon_id  TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    condition  TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    issued_ms  INTEGER NOT NULL,
    why        TEXT NOT NULL,
    earn_id    TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX paper_coupon_issued ON paper_coupon (issued_ms);
