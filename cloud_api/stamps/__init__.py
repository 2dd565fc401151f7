"""Stamp cards: earning stamps, tiers and what they pay, cancels, lapsing, what members and stores see of them."""
