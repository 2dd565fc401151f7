"""Coupons of members that this store may give on paper, to customers without a phone at hand."""
