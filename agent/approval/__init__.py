"""Reward and order requests: cards, decisions, history."""
