"""Owns which seeds have more inhabitants than the shop alone: one in four, and each of those some of them; and one in
sixteen whose brand gives stamps.

They are chosen apart from everything else of a seed, so that the other three quarters do what they always did.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

ONE_IN = 4
AT = 2
STAMPS_ONE_IN = 16
STAMPS_AT = 5


@dataclass(frozen=True)
class Inhabitants:
    """Who lives in this world besides a shop, its counters and its consumers."""

    spenders: bool = False  # customers who spend points at the tablets of counters
    backlog: bool = False  # a queue of people at a counter that has lost its line
    clock_set_back: bool = False  # and one of them while a counter's clock is an hour behind
    claimants: bool = False  # customers who come back with a claim slip
    stamps: bool = False  # a brand that gives stamps instead of points
    long_questions: bool = False  # and some whose question is under way until staff here have said no


def inhabitants_of(seed: int) -> Inhabitants:
    """Nobody in most worlds."""
    if seed % STAMPS_ONE_IN == STAMPS_AT:
        return Inhabitants(stamps=True)
    if seed % ONE_IN != AT:
        return Inhabitants()
    rng = random.Random(f"inhabitants of {seed}")
    return Inhabitants(
        spenders=rng.random() < 0.8,
        clock_set_back=rng.random() < 0.4,
        backlog=rng.random() < 0.3,
        long_questions=rng.random() < 0.3,
        claimants=rng.random() < 0.5,
    )
