"""Brands, stores and the policies that their devices follow."""
