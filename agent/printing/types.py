"""What the printing service answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from printers.devices.address import PrinterAddress
from printers.jobs import JobState


class PrinterWord(StrEnum):
    """A printer's state in one word."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    FAULT = "fault"
    NOT_ANSWERING = "not_answering"
    UNKNOWN = "unknown"


class JobKind(StrEnum):
    """What a job prints. The value is part of the job's id: one job a subject and kind."""

    SLIP = "slip"
    ORDER_TICKET = "order_ticket"
    TEST_PAGE = "test_page"
    POINTS = "points_slip"
    CLAIM = "claim_slip"
    CLOSING = "closing_slip"
    COUPON = "coupon_slip"
    RECEIPT_COPY = "receipt_copy"
    WAY_BACK = "way_back"


@dataclass(frozen=True)
class PrinterState:
    """One printer as screens name it."""

    name: str
    status: PrinterWord
    address: str
    queued: int


@dataclass(frozen=True)
class PrintJob:
    """One durable job of the queue."""

    job_id: str
    kind: str
    printer: str
    state: JobState
    attempts: int
    copies_printed: int
    last_error: str | None
    created_ms: int
    updated_ms: int


__all__ = ["JobKind", "JobState", "PrintJob", "PrinterAddress", "PrinterState", "PrinterWord"]
