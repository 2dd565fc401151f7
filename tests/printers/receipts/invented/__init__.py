"""Receipts of shops and tills that do not exist: what was traded, how it is worded, laid out and sent to a printer.

Each number gives one paper with its truth, always the same. The wording is deliberately wider than the reader's own
vocabulary: what it cannot know it must leave unread.
"""
