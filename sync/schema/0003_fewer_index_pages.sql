-- An earn is one commit that somebody waits for, and every index whose place it changes is one more page to write.
-- These hold only what is looked for: screens and numbers that are open, documents that did not simply earn.
DROP INDEX phone_entry_state;
CREATE INDEX phone_entry_open ON phone_entry (till, opened_ms) WHERE state = 'open';
CREATE INDEX phone_entry_waiting ON phone_entry (till, submitted_ms) WHERE state = 'waiting';
DROP INDEX phone_entry_submitted;
CREATE INDEX phone_entry_submitted ON phone_entry (submitted_ms) WHERE submitted_ms IS NOT NULL;
DROP INDEX document_outcome;
CREATE INDEX document_outcome ON document (outcome, captured_ms) WHERE outcome <> 'earned';

-- Nothing looks for earns by their document; the document names its earn.
DROP INDEX earn_document;
