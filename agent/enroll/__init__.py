"""Joining a store with a one-time code."""
