"""What rewards were used, page by page."""
