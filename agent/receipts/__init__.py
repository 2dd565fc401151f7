"""The list of captured receipts and what became of them."""
