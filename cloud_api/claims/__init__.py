"""Claim slips: a receipt that nobody's number met, earned with an app."""
