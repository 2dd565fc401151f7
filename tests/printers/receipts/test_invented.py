"""Papers of tills nobody has seen are read right or left unread, never as another amount (PNT-06, PNT-07, PNT-09).

The numbers below were never looked at while the reader was written; the reader is mended on other ones.
"""

from __future__ import annotations

import pytest

from rules.receipts import DocumentVerdict, verdict
from tests.printers.receipts.invented.judge import read_paper, tally
from tests.printers.receipts.invented.papers import paper

HELD_OUT = 7_000_000
READ_SHARE_MIN = 0.95
ITEMS_WRONG_MAX = 0.02  # of the papers read, those with a good told wrong or none told


@pytest.mark.thorough
def test_papers_of_unseen_tills_are_read_without_a_question() -> None:
    found = tally(range(HELD_OUT, HELD_OUT + 200))

    assert not found.verdicts["wrong"], found.cases
    assert found.read_share >= READ_SHARE_MIN
    assert found.facts["items"] <= ITEMS_WRONG_MAX * found.facts_of["items"]


def test_money_put_on_a_card_is_never_a_sale() -> None:
    """PNT-06: it earns when something is bought with it."""
    papers = [made for made in map(paper, range(HELD_OUT, HELD_OUT + 1_200)) if made.sort == "top-up"]
    kinds = [reading.kind for made in papers for reading in read_paper(made)]

    assert len(kinds) > 5
    assert "top_up" in kinds
    assert set(kinds) <= {"top_up", "unknown"}
    assert DocumentVerdict.EARN not in {verdict(kind, 50_000) for kind in kinds}


def test_a_balance_after_a_top_up_is_enough_to_doubt_a_single_row() -> None:
    """PNT-06: its sum bore a name nobody knows, and looked like goods."""
    (reading,) = read_paper(paper(7_002_200, hostile="relabel"))

    assert (reading.kind, reading.total) == ("unknown", None)


def test_unknown_rows_below_what_repeats_a_total_may_be_parts_of_it() -> None:
    """PNT-07: half of a split bill was paid, the rows of the halves bore names nobody knows."""
    (reading,) = read_paper(paper(2_002_000, hostile="relabel"))

    assert (reading.kind, reading.total) == ("unknown", None)


@pytest.mark.parametrize("number", [2_001_077, 3_002_624])
def test_what_was_approved_and_paid_otherwise_too_is_no_total(number: int) -> None:
    """PNT-07: its sum was lost, and two halves vouched for each other: card and cash, gift card and an unknown card."""
    (reading,) = read_paper(paper(number, hostile="lose"))

    assert (reading.kind, reading.total) == ("unknown", None)


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
    found = tally(range(HELD_OUT + 1_000, HELD_OUT + 2_000), hostile=hostile)

    assert not found.verdicts["wrong"], found.cases
    if not hostile:
        assert found.read_share >= READ_SHARE_MIN
