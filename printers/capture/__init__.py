"""Stands between the shop's POS and its printer: passes every byte on, and hands over what the receipts say."""
