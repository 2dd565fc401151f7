"""What screens of several steps share."""
