"""How a counter tells of a new order: on the screen, on paper, or both (AGT-01, AGT-02)."""

from __future__ import annotations

from enum import StrEnum


class AlertMode(StrEnum):
    """AGT-02."""

    POPUP_SOUND = "popup_sound"
    PRINT = "print"
    BOTH = "both"


def pops_up(mode: AlertMode) -> bool:
    """AGT-01: the card comes up by itself, with its sound."""
    return mode is not AlertMode.PRINT


def prints_by_itself(mode: AlertMode) -> bool:
    """AGT-01: the ticket comes out without anybody asking for it."""
    return mode is not AlertMode.POPUP_SOUND


def mode_in_force(of_counter: str, of_store: str) -> AlertMode:
    """A counter's own word comes before the store's; a word of a later version counts as both."""
    for word in (of_counter, of_store):
        if word:
            return AlertMode(word) if word in frozenset(AlertMode) else AlertMode.BOTH
    return AlertMode.BOTH
