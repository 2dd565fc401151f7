"""Phone numbers meet receipts: pairing, points, reversals."""
