"""What the printing service answers with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from printers.jobs import JobState


class PrinterWord(StrEnum):
    """A printer's state in one word."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
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


@dataclass(frozen=True)
class PrinterAddress:
    """Where a receipt printer listens."""

    host: str
    port: int

    @staticmethod
    def parse(text: str) -> PrinterAddress:
        """Read ``HOST`` or ``HOST:PORT`` (9100 when left out). Raises ValueError for anything else."""
        host, separator, port = text.strip().rpartition(":")
        if not separator:
            host, port = port, "9100"
        if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
            raise ValueError(text)
        return PrinterAddress(host.strip("[]"), int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


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
