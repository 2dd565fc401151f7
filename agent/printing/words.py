"""Owns the sentences about printers, capture and the print queue: state in words and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.printing.places import BAR, FRONT, KITCHEN
from agent.printing.types import JobKind, JobState, PrinterState, PrinterWord
from agent.texts import Texts
from printers.errors import BadTemplate
from printers.jobs import HANDED_OVER


class Tone(StrEnum):
    GOOD = "good"
    SOON = "soon"  # still prints, needs a hand soon
    BAD = "bad"
    QUIET = "quiet"


class CaptureWord(StrEnum):
    """The listener between the POS and its printer."""

    LISTENING = "listening"
    STOPPED = "stopped"
    NOT_SET_UP = "not_set_up"


@dataclass(frozen=True)
class Said:
    tone: Tone
    icon: str
    word: str
    next_step: str


def printer(t: Texts, word: PrinterWord) -> Said:
    match word:
        case PrinterWord.READY:
            return Said(Tone.GOOD, "circle-check", t._("Ready"), t._("Slips come out by themselves."))
        case PrinterWord.PAPER_LOW:
            return Said(
                Tone.SOON, "triangle-alert", t._("Paper low"), t._("Have a new roll ready. Printing still works.")
            )
        case PrinterWord.PAPER_OUT:
            return Said(
                Tone.BAD,
                "circle-x",
                t._("Paper out"),
                t._("Put in a new roll: waiting slips then print by themselves."),
            )
        case PrinterWord.COVER_OPEN:
            return Said(
                Tone.BAD, "circle-x", t._("Cover open"), t._("Close the cover: waiting slips then print by themselves.")
            )
        case PrinterWord.FAULT:
            return Said(
                Tone.BAD,
                "circle-x",
                t._("Printer error"),
                t._("Look for a paper jam at the knife, then switch it off and on. Slips wait here."),
            )
        case PrinterWord.NOT_ANSWERING:
            return Said(
                Tone.BAD,
                "unplug",
                t._("Not answering"),
                t._("Check power and cable. Nothing is lost: slips wait here."),
            )
        case PrinterWord.UNKNOWN:
            return Said(
                Tone.QUIET, "circle-help", t._("Not asked yet"), t._("Print a test page to see whether it answers.")
            )


def capture(t: Texts, word: CaptureWord) -> Said:
    match word:
        case CaptureWord.LISTENING:
            return Said(
                Tone.GOOD, "circle-check", t._("Listening"), t._("Receipts of your POS are read while they print.")
            )
        case CaptureWord.STOPPED:
            return Said(
                Tone.BAD,
                "circle-x",
                t._("Stopped"),
                t._("Receipts print as always but are not read. It starts again by itself within seconds."),
            )
        case CaptureWord.NOT_SET_UP:
            return Said(
                Tone.QUIET, "minus", t._("Not set up"), t._("Receipts of your POS are not read on this computer.")
            )


def job(t: Texts, state: JobState, note: str | None = None) -> Said:
    """``note`` is what is kept beside a job's state."""
    if state is JobState.PRINTED and note == HANDED_OVER:
        return Said(Tone.GOOD, "check", t._("Sent"), t._("This computer's print system took it."))
    match state:
        case JobState.QUEUED:
            return Said(Tone.SOON, "clock", t._("Waiting"), "")
        case JobState.PRINTING:
            return Said(Tone.SOON, "printer", t._("Printing"), "")
        case JobState.PRINTED:
            return Said(Tone.GOOD, "check", t._("Printed"), "")
        case JobState.FAILED:
            return Said(Tone.BAD, "x", t._("Not printed"), t._("It is kept and can be printed again."))
        case JobState.UNKNOWN:
            return Said(
                Tone.SOON, "circle-help", t._("Look at the paper"), t._("The printer did not say whether it came out.")
            )
        case JobState.CANCELLED:
            return Said(Tone.QUIET, "minus", t._("Cancelled"), "")


def job_kind(t: Texts, kind: str) -> str:
    names = {
        JobKind.SLIP.value: t._("Slip"),
        JobKind.ORDER_TICKET.value: t._("Order ticket"),
        JobKind.TEST_PAGE.value: t._("Test page"),
        JobKind.POINTS.value: t._("Points slip"),
        JobKind.CLAIM.value: t._("Points by QR code"),
        JobKind.CLOSING.value: t._("Closing slip"),
        JobKind.COUPON.value: t._("Coupon"),
        JobKind.RECEIPT_COPY.value: t._("Receipt printed again"),
        JobKind.WAY_BACK.value: t._("Card for the till"),
    }
    return names.get(kind, kind)


def routed_kind(t: Texts, kind: JobKind) -> str:
    """A kind of slip where its printer is chosen; the queue says "slip" for short."""
    return t._("Approval slip") if kind is JobKind.SLIP else job_kind(t, kind.value)


def slip_kind(t: Texts, kind: str) -> str:
    """What people call a kind of slip (printers.slip_kinds)."""
    names = {
        "approval": t._("Approval slip"),
        "claim": t._("Points by QR code"),
        "points": t._("Points slip"),
        "order_ticket": t._("Order ticket"),
        "closing": t._("Closing slip"),
        "receipt": t._("Sales receipt"),
        "receipt_copy": t._("Receipt printed again"),
        "coupon": t._("Coupon"),
        "stamp_card": t._("Stamp card"),
    }
    return names[kind]


def by_itself(t: Texts, kind: str) -> str:
    """The switch of slips that print without anybody pressing for them; empty for others."""
    labels = {
        "points": t._("Print it with every credit"),
        "claim": t._("Print it when nobody types a number"),
        "coupon": t._("Print it when a stamp card or staff give one"),
    }
    return labels.get(kind, "")


def template_problem(t: Texts, bad: BadTemplate) -> str:
    """Why a template cannot be kept, with the line to look at."""
    reasons = {
        "too_long": t._("This is too long for a slip."),
        "empty": t._("There is nothing to print."),
        "required": t.n("{name} must stay: without it the slip is of no use.", name=f"{{{bad.name}}}"),
        "unknown_name": t.n("This slip knows no {name}.", name=f"{{{bad.name}}}"),
        "unknown_list": t.n("This slip has no list {name}.", name=f"@{bad.name}"),
        "brace": t._("An opening bracket stands alone."),
        "columns": t._("A line has three columns at most."),
        "document": t._("This cannot be printed as it stands."),
    }
    reason = reasons[bad.code]
    return t.n("Line {n}: {reason}", n=bad.line, reason=reason) if bad.line else reason


def printer_name(t: Texts, name: str) -> str:
    """What people call it; a printer that was given a name keeps it."""
    names = {FRONT: t._("Receipt printer"), KITCHEN: t._("Kitchen printer"), BAR: t._("Bar printer")}
    return names.get(name, name)


def strip(t: Texts, printers: tuple[PrinterState, ...]) -> str:
    """One warning for the whole page, about the printer that needs a person most; empty when all is well."""
    for word in (PrinterWord.PAPER_OUT, PrinterWord.COVER_OPEN, PrinterWord.FAULT, PrinterWord.NOT_ANSWERING):
        for found in printers:
            if found.status is word and found.queued:
                said = printer(t, word)
                return t.n(
                    "{name}: {word}. {n} slips wait.", name=printer_name(t, found.name), word=said.word, n=found.queued
                )
    return ""
