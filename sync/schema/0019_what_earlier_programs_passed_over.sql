-- A program that did not know the menu passed its rows over, and a feed brings no row twice: a device that already reads
-- one takes a snapshot, which has all of it.
INSERT INTO meta (key, value)
SELECT 'sync.snapshot_due', 'rebuilt'
WHERE EXISTS (SELECT 1 FROM inbox_cursor) AND NOT EXISTS (SELECT 1 FROM meta WHERE key = 'sync.snapshot_due');
