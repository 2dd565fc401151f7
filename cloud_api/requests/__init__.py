"""Requests that a store decides within sixty seconds."""
