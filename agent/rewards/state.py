"""Owns the shape of the page of rewards: the paper that was read, what was used, the boards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PaperCard:
    """What became of the paper that was read. ``figure`` is what staff key into the POS, or would; ``left_s`` is None
    while no countdown runs; empty words: no button."""

    title: str
    line: str = ""
    icon: str = "ticket"
    tone: str = "neutral"
    figure: str = ""
    hint: str = ""
    left_s: int | None = None
    use: str = ""
    leave: str = ""


@dataclass(frozen=True)
class PaperPanel:
    """``wrong``: what stands in the field is no code; ``card`` is None before anything was read."""

    typed: str = ""
    wrong: bool = False
    problem: str = ""
    asking: bool = False
    card: PaperCard | None = None
    offline: str = ""  # what cannot be done without a line, and that nothing is lost
