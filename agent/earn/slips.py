"""What an earn prints for the customer, as a document."""

from __future__ import annotations

from agent.earn.repository import DocumentRow
from agent.earn.types import Earned
from agent.printing.types import JobKind
from printers.document import Document
from printers.slip_kinds import Templates
from printers.slips import points_slip
from rules.calendar import local_time


def job_id(earned: Earned) -> str:
    """One slip an earn, however often it is heard of."""
    return f"{earned.earn_id}:{JobKind.POINTS.value}"


def earned_document(
    earned: Earned, sale: DocumentRow, *, shop: str, earned_ms: int, provisional: bool, templates: Templates
) -> Document:
    """The slip of points that were credited with a phone number."""
    source = [f"POS {sale.till}" if sale.till else "", f"전표 {sale.receipt_no}" if sale.receipt_no else ""]
    return points_slip(
        shop=shop,
        points_count=earned.points,
        masked_phone=earned.masked,
        paid_won=earned.paid_won,
        earned_at=f"{local_time(earned_ms):%m-%d %H:%M}",
        source_line=" · ".join(part for part in source if part),
        provisional=provisional,
        templates=templates,
    )
