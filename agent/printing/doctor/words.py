"""Owns the sentences of the printer doctor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from agent.texts import Texts
from printers.devices.address import PrinterAddress, WayKind
from printers.devices.port import CoverOpen, Fault, Outcome, PaperOut
from printers.doctor import SAMPLE_TEXT
from printers.korean import HangulRom
from printers.profiles import PrinterProfile

if TYPE_CHECKING:
    from agent.printing.doctor.viewmodel import Step

T = TypeVar("T")


def steps(t: Texts) -> tuple[tuple[str, str], ...]:
    """Title and line of each step, in order."""
    return (
        (t._("Find"), t._("USB, network, queues, serial")),
        (t._("Print a strip"), t._("One piece of paper for everything")),
        (t._("Hangul"), t._("Which line reads well")),
        (t._("Paper width"), t._("32, 42 or 48 columns")),
        (t._("QR code"), t._("By itself or as a picture")),
        (t._("Knife and drawer"), t._("What moved")),
        (t._("Done"), t._("Kept for this printer and its model")),
    )


def title(t: Texts, step: Step, *, found: int, busy: bool) -> str:
    name = step.name
    if name == "FIND":
        if busy:
            return t._("Looking for printers …")
        return t._("Which one is your receipt printer?") if found else t._("No printer was found")
    titles = {
        "PRINT": t._("Printing the strip …"),
        "TEXT": t._("Which line on the paper reads well?"),
        "WIDTH": t._("Which ruler is the longest that fits on one line?"),
        "CODE": t._("Which QR code is on the paper?"),
        "ENDS": t._("What did the printer do at the end?"),
        "DONE": t._("This is how your slips will print"),
    }
    return titles[name]


def sentence(t: Texts, step: Step, *, address: str, busy: bool, found: int) -> str:
    name = step.name
    if name == "FIND":
        if busy:
            return t._("This takes some seconds. Nothing is printed yet.")
        if found:
            return t._("Tap it: one strip of paper comes out of it.")
        return t._("Switch it on and check the cable, or type its address.")
    sentences = {
        "PRINT": t.n("At {place}. It may take a moment.", place=address),
        "TEXT": t.n("It has to be exactly: {sample}", sample=SAMPLE_TEXT),
        "WIDTH": t._("A ruler that breaks into a second line is too long."),
        "CODE": t._("The printer's own codes are faster; drawn ones work as well."),
        "ENDS": t._("Without a drawer only the knife counts."),
    }
    return sentences[name]


def why_no_strip(t: Texts, outcome: Outcome) -> str:
    """Nothing was sent; what to do."""
    if isinstance(outcome, PaperOut):
        return t._("It has no paper. Put in a roll and tap it again.")
    if isinstance(outcome, CoverOpen):
        return t._("Its cover is open. Close it and tap it again.")
    if isinstance(outcome, Fault):
        return t._("It reports an error. Look for a paper jam, then switch it off and on.")
    return t._("It does not answer. Check power and cable; a POS that prints just now may hold it.")


def where(t: Texts, address: PrinterAddress) -> str:
    """How it is connected, with its address."""
    kinds = {
        WayKind.TCP: t._("Network"),
        WayKind.USB: "USB",
        WayKind.SERIAL: t._("Serial line"),
        WayKind.CUPS: t._("Queue of this computer"),
        WayKind.WINDOWS: t._("Queue of this computer"),
        WayKind.FILE: t._("File"),
    }
    return f"{kinds[address.kind]} · {address.place}"


def text_option(t: Texts, rom: HangulRom) -> str:
    options = {
        HangulRom.CP949: t._("Line 1 reads well"),
        HangulRom.KSX1001: t._("Only from line 2 on"),
        HangulRom.NONE: t._("Only line 3"),
    }
    return options[rom]


def ends(t: Texts, option: Callable[[str, str, str], T]) -> tuple[T, ...]:
    return (
        option("cut drawer", "", t._("Cut the paper and opened the drawer")),
        option("cut", "", t._("Only cut the paper")),
        option("drawer", "", t._("Only opened the drawer")),
        option("neither", "", t._("Neither")),
    )


def main_label(t: Texts, step: Step, chosen: str, *, busy: bool) -> str:
    if step.name == "DONE":
        return t._("Use this printer")
    if busy or step.name in ("FIND", "PRINT"):
        return ""
    return t.n("Take {n}", n=chosen) if chosen.isdigit() else t._("Go on")


def way_out(t: Texts, step: Step) -> str:
    """The button for a paper on which nothing fits."""
    if step.name == "TEXT":
        return t._("Nothing came out, or only nonsense")
    return t._("Neither is there") if step.name == "CODE" else ""


def again(t: Texts, step: Step, *, busy: bool) -> str:
    if step.name == "FIND":
        return "" if busy else t._("Look again")
    return t._("Print the strip again") if step.name == "TEXT" else ""


def summary(t: Texts, profile: PrinterProfile, *, known: bool) -> str:
    letters = {
        HangulRom.CP949: t._("Hangul by the printer"),
        HangulRom.KSX1001: t._("rare Hangul as pictures"),
        HangulRom.NONE: t._("Hangul as pictures"),
    }
    parts = [
        f"{profile.label.partition(' (')[0]}, {t.n('{n} columns', n=profile.columns)}",
        letters[profile.rom],
        t._("QR by the printer") if profile.native_qr else t._("QR as a picture"),
        t._("with knife") if profile.cutter else t._("torn by hand"),
    ]
    found = " · ".join(parts)
    return t.n("{found}. A printer of this model was set up here before.", found=found) if known else found
