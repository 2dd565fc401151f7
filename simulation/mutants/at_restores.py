"""Owns the mistakes that somebody could make about a cloud that came back from a backup and was never told so."""

from __future__ import annotations

from typing import Any

from simulation.mutants.planting import Mutant, swap
from sync import answers, tally
from sync.outcomes import CursorReset
from sync.protocol import Cursor

_reset = answers._reset


def _only_where_to_start(fields: Any) -> CursorReset:
    """That the cloud has lost rows is not heard."""
    return CursorReset(_reset(fields).generation)


def _nothing_lost(_conn: Any, _theirs: Any) -> bool:
    return False


AT_RESTORES: tuple[Mutant, ...] = (
    Mutant("rows_by_number_alone", "other rows of a number are read on", swap((Cursor, "marked", Cursor.__str__))),
    Mutant("lost_rows_unheard", "lost rows say nothing of answers", swap((answers, "_reset", _only_where_to_start))),
    Mutant("lost_chain_unheard", "a tally tells no chain", swap((tally, "lost_by_the_cloud", _nothing_lost))),
)
