-- The figures of a day find its earns by the documents of the day. Those that lie more than an hour from their document,
-- as of a slip that was claimed days later or of a clock that was set in between, have an index of their own.
ALTER TABLE earn ADD COLUMN late INTEGER NOT NULL DEFAULT 0 CHECK (late IN (0, 1));
UPDATE earn SET late = 1 WHERE coalesce((SELECT abs(earn.created_ms - captured_ms) FROM document
    WHERE document.document_id = earn.document_id), 3600001) > 3600000;
CREATE INDEX earn_late ON earn (created_ms) WHERE late = 1;
