-- An earn has its time from the document that it was given for, within minutes; the figures of a day look there.
DROP INDEX earn_created;

-- When numbers were typed, for the limit of entries, is nearly always told by when their screens opened, and ids rise with
-- that. The index holds the others: a screen that stood open for more than a minute.
DROP INDEX phone_entry_submitted;
CREATE INDEX phone_entry_late ON phone_entry (submitted_ms) WHERE submitted_ms - opened_ms > 60000;
