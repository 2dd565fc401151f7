-- What becomes of a request that nobody answers: 'approve', or 'expire' when too much is at stake.
ALTER TABLE request ADD COLUMN at_zero TEXT NOT NULL DEFAULT 'approve';
