"""Members: one phone number, one person."""
