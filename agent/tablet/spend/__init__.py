"""The customer's pages for using points."""
