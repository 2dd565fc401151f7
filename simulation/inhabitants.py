"""Owns which seeds have more inhabitants than the shop alone: one in four, and each of those some of them; one in
sixteen whose brand gives stamps; one in sixteen whose day is laid out for two misfortunes to meet; one in sixteen
where somebody clones the PC of a counter; and one in sixteen where things run out.

They are chosen apart from everything else of a seed, so that the other three quarters do what they always did.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

ONE_IN = 4
AT = 2
ONE_IN_SIXTEEN = 16
SHELVES_AT = 1
STAMPS_AT = 5
SHUT_OUT_AT = 9
CLONED_AT = 13
NEVER_TOLD_AT = 15
BESIDE_AT = 12
PEOPLE_AT = 4


@dataclass(frozen=True)
class Inhabitants:
    """Who lives in this world besides a shop, its counters and its consumers."""

    spenders: bool = False  # customers who spend points at the tablets of counters
    backlog: bool = False  # a queue of people at a counter that has lost its line
    clock_set_back: bool = False  # and one of them while a counter's clock is an hour behind
    claimants: bool = False  # customers who come back with a claim slip
    stamps: bool = False  # a brand that gives stamps instead of points
    shut_out: bool = False  # a counter is shut out, its parked operations are booked, and then it comes back
    shelves: bool = False  # things run out
    cloned: bool = False  # after the day two machines run on copies of one disk
    late_taps: bool = False  # a line often breaks at the moment of a tap, and comes back after the countdown
    people: bool = False  # they were set up, and sign in by PIN
    beside: bool = False  # a second brand in the same cloud, with the same customers
    never_told: bool = False  # the cloud comes back from a backup, and nobody ever marks it
    long_questions: bool = False  # and some whose question is under way until staff here have said no


def inhabitants_of(seed: int) -> Inhabitants:
    """Nobody in most worlds."""
    if seed % ONE_IN_SIXTEEN == STAMPS_AT:
        return Inhabitants(stamps=True)
    if seed % ONE_IN_SIXTEEN == SHELVES_AT:
        return Inhabitants(shelves=True)
    if seed % ONE_IN_SIXTEEN == SHUT_OUT_AT:
        return Inhabitants(shut_out=True)
    if seed % ONE_IN_SIXTEEN == CLONED_AT:
        return Inhabitants(cloned=True, late_taps=True)
    if seed % ONE_IN_SIXTEEN == PEOPLE_AT:
        return Inhabitants(people=True)
    if seed % ONE_IN_SIXTEEN == BESIDE_AT:
        return Inhabitants(beside=True)
    if seed % ONE_IN_SIXTEEN == NEVER_TOLD_AT:
        return Inhabitants(never_told=True)
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
