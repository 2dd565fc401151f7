"""Owns the shape of the page of cup holders: the number of a day, the calendar, what is left, the order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """A sentence with its colour and icon; tone and icon are empty where nothing is said."""

    words: str = ""
    icon: str = ""
    tone: str = ""


@dataclass(frozen=True)
class ReportPanel:
    """One field and one button. ``question`` stands while an odd number waits for another press of the button."""

    title: str = ""
    line: str = ""
    chip: Note = Note()
    typed: str = ""
    placeholder: str = ""
    save: str = ""
    note: Note = Note()
    question: str = ""
    usual: str = ""
    back: str = ""  # to today
    wrong: bool = False


@dataclass(frozen=True)
class BeforePanel:
    """The business day before: its number, until when it may be changed, and the button that chooses it. Empty where
    nothing is known of it."""

    title: str = ""
    line: str = ""
    chip: Note = Note()
    action: str = ""
    day: str = ""


@dataclass(frozen=True)
class Cell:
    """A day of the calendar. ``day`` empty: not of this month. ``mark`` is an icon beside or instead of the figure."""

    day: str = ""
    number: str = ""
    figure: str = ""
    mark: str = ""
    tone: str = ""
    today: bool = False
    chosen: bool = False
    pressable: bool = False
    said: str = ""  # for a screen reader


@dataclass(frozen=True)
class Month:
    title: str = ""
    weekdays: tuple[str, ...] = ()
    cells: tuple[Cell, ...] = ()  # whole weeks
    earlier: bool = False
    later: bool = False
    count: str = ""


@dataclass(frozen=True)
class RoundRow:
    title: str
    line: str
    chip: Note


@dataclass(frozen=True)
class StockPanel:
    figure: str = ""
    of: str = ""
    rate_percent: int = 0
    low: bool = False
    chip: Note = Note()
    line: str = ""
    door: str = ""  # the button that orders
    why_not: str = ""  # instead of the button
    off_door: str = ""  # the button for what is gone unused
    rounds: tuple[RoundRow, ...] = ()
    no_rounds: str = ""


@dataclass(frozen=True)
class Quick:
    percent: int
    word: str
    chosen: bool


@dataclass(frozen=True)
class OrderQuestion:
    """The question before an order (CUP-18, CUP-19)."""

    advice: str
    quick: tuple[Quick, ...]
    typed: str
    confirm: str
    warning: str
    problem: str = ""


@dataclass(frozen=True)
class TakeOffQuestion:
    """What of the newest delivery is gone unused, in all so far (CUP-26)."""

    advice: str
    collected: str
    soiled: str
    problem: str = ""


@dataclass(frozen=True)
class Complaint:
    """What the cloud did not take."""

    op_id: str
    words: str


@dataclass(frozen=True)
class StockState:
    report: ReportPanel = ReportPanel()
    before: BeforePanel = BeforePanel()
    month: Month = Month()
    stock: StockPanel = StockPanel()
    hint: str = ""  # the line is down, or numbers wait
    complaint: Complaint | None = None
    order: OrderQuestion | None = None
    off: TakeOffQuestion | None = None
    said: str = ""  # the answer to an order
