"""Owns what staff may do with a receipt that met no number: link it with one that waits, or print its claim slip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.earn.late import ClaimSlip, NotToBeHad, WaitingNumber
from agent.earn.types import Earned
from agent.receipts.asking import Choice, Question
from agent.texts import Texts

LINK, SLIP = "link", "slip"


class LatePort(Protocol):
    """What the receipts page needs of ``agent.earn.late.LateEarns``."""

    def waiting_numbers(self) -> tuple[WaitingNumber, ...]: ...
    def is_creditable(self, document_id: str) -> bool: ...
    def credit_waiting(self, document_id: str, entry_id: str, actor: str) -> Earned | NotToBeHad: ...
    def issue(self, document_id: str) -> ClaimSlip | NotToBeHad: ...


def question_about_number(t: Texts, numbers: Sequence[WaitingNumber]) -> Question:
    """Each waiting number is a choice, and so is the slip for a customer who comes back."""
    links = tuple(
        Choice(f"{LINK}:{number.entry_id}", t.n("Credit to {number}", number=number.masked)) for number in numbers
    )
    slip = Choice(SLIP, t._("Print a slip with a QR code"), main=not links)
    text = t._("Whose receipt is this?") if links else t._("Nobody left a number for this receipt.")
    return Question(text, (*links, slip), beside_facts=True)
