"""Imports: taking over the customer list of another service, first looked at, then booked."""
