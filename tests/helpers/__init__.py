"""Helpers that more than one test folder uses. Nothing here is shipped."""
