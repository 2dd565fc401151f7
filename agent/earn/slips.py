"""What an earn, or a receipt that still may earn, prints for the customer, as a document."""

from __future__ import annotations

from agent.earn.late import ClaimSlip
from agent.earn.repository import DocumentRow
from agent.earn.types import Earned
from agent.printing.types import JobKind
from printers.document import Document
from printers.slip_kinds import Templates
from printers.slips import claim_slip, points_slip
from rules.calendar import local_time


def job_id(earned: Earned) -> str:
    """One slip an earn, however often it is heard of."""
    return f"{earned.earn_id}:{JobKind.POINTS.value}"


def earned_document(
    earned: Earned, sale: DocumentRow, *, shop: str, earned_ms: int, provisional: bool, templates: Templates
) -> Document:
    """The slip of points that were credited with a phone number."""
    source = _source(sale.till, sale.receipt_no)
    return points_slip(
        shop=shop,
        points_count=earned.points,
        stamps=earned.stamps,
        masked_phone=earned.masked,
        paid_won=earned.paid_won,
        earned_at=f"{local_time(earned_ms):%m-%d %H:%M}",
        source_line=" · ".join(part for part in source if part),
        provisional=provisional,
        templates=templates,
    )


def claim_job_id(slip: ClaimSlip) -> str:
    """One slip a receipt; more are reprints, marked as such."""
    return f"{slip.document_id}:{JobKind.CLAIM.value}"


def claim_document(slip: ClaimSlip, *, shop: str, templates: Templates) -> Document:
    """The slip with the QR code for a customer who left no number."""
    source = [*_source(slip.till, slip.receipt_no), f"{local_time(slip.printed_ms):%m-%d %H:%M}"]
    return claim_slip(
        shop=shop,
        points_count=slip.worth.points,
        stamps=slip.worth.stamps,
        qr_payload=slip.qr,
        slip_code=f"{slip.code[:4]}-{slip.code[4:]}",
        paid_won=slip.paid_won,
        claim_until=f"{local_time(slip.until_ms):%m-%d %H:%M}",
        source_line=" · ".join(part for part in source if part),
        templates=templates,
    )


def _source(till: str | None, receipt_no: str | None) -> list[str]:
    return [f"POS {till}" if till else "", f"전표 {receipt_no}" if receipt_no else ""]
