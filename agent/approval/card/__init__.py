"""One pop-up card."""
