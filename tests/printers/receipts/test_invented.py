"""Papers of tills nobody has seen are read right or left unread, never as another amount (PNT-06, PNT-07, PNT-09).

The numbers below were never looked at while the reader was written; the reader is mended on other ones.
"""

from __future__ import annotations

import pytest

from tests.printers.receipts.invented.judge import tally

HELD_OUT = 7_000_000
READ_SHARE_MIN = 0.95


def test_papers_of_unseen_tills_are_read_without_a_question() -> None:
    found = tally(range(HELD_OUT, HELD_OUT + 200))

    assert not found.verdicts["wrong"], found.cases
    assert found.read_share >= READ_SHARE_MIN


@pytest.mark.parametrize("hostile", ["relabel", "decoy", "lose"])
def test_a_disturbed_paper_is_never_read_as_another_amount(hostile: str) -> None:
    """Labels nobody knows, amounts that belong to nothing, rows that never arrived."""
    found = tally(range(HELD_OUT, HELD_OUT + 60), hostile=hostile)

    assert not found.verdicts["wrong"], found.cases
    assert found.verdicts["right"] > 20, "a reader that reads nothing proves nothing"


@pytest.mark.thorough
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("hostile", ["", "relabel", "decoy", "lose"])
def test_thousands_of_papers_and_no_wrong_amount(hostile: str) -> None:
    found = tally(range(HELD_OUT + 1_000, HELD_OUT + 4_000), hostile=hostile)

    assert not found.verdicts["wrong"], found.cases
    if not hostile:
        assert found.read_share >= READ_SHARE_MIN
