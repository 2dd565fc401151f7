"""Owns what the slip editor shows: the text, what is wrong with it, and the paper it makes. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from agent.printing import words
from agent.printing.templates import BY_ITSELF_SETTINGS
from agent.texts import Texts
from printers.document import Document
from printers.errors import BadDocument, BadTemplate, PrintingError
from printers.profiles import PrinterProfile
from printers.slip_kinds import KINDS, read_template
from sync.errors import SyncError

if TYPE_CHECKING:
    from printers.encode import Ink


class SlipTemplatesPort(Protocol):
    """What the editor needs of ``agent.printing.templates.SlipTemplates``."""

    @property
    def logo(self) -> bytes | None: ...
    def text(self, kind: str) -> str: ...
    def is_own(self, kind: str) -> bool: ...
    def save(self, kind: str, text: str) -> None: ...
    def reset(self, kind: str) -> None: ...
    def set_logo(self, picture: bytes | None) -> None: ...
    def prints_by_itself(self, kind: str) -> bool: ...
    def set_prints_by_itself(self, kind: str, on: bool) -> None: ...


@dataclass(frozen=True)
class EditorState:
    kinds: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    text: str = ""
    fillers: tuple[tuple[str, str], ...] = ()  # placeholder as typed, and what it may become
    problem: str = ""  # why the text cannot be kept
    said: str = ""  # answer to the last press
    preview_png: bytes = b""  # the last text that could be printed
    can_save: bool = False
    can_reset: bool = False
    changed: bool = False
    has_logo: bool = False
    prints_by_itself: bool | None = None  # None for slips whose printing is no choice
    by_itself_label: str = ""
    asking: str = ""  # the question before typed text goes; empty when nothing is asked


Picture = Callable[[Document, PrinterProfile], bytes]


class SlipEditorViewModel:
    """One template at a time. What was typed and not kept is asked about before it goes."""

    def __init__(
        self, *, templates: SlipTemplatesPort, picture: Picture, texts: Texts, profile: Callable[[], PrinterProfile]
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.on_close: Callable[[], None] = lambda: None
        self._templates, self._picture, self._texts, self._profile = templates, picture, texts, profile
        self._kind = next(iter(KINDS))
        self._text = ""
        self._said = ""
        self._wanted: str | None = None  # where a person wants to go with text that is not kept: a kind, or "" for out
        self._drawn: tuple[object, bytes] = (None, b"")
        self.state = EditorState()

    def show(self) -> None:
        """The screen came into sight."""
        self._said = ""
        self._text = self._text or self._templates.text(self._kind)
        self.refresh()

    def choose(self, kind: str) -> None:
        """Another slip; asks first when something was typed and not kept."""
        if kind in KINDS and kind != self._kind:
            self._go(kind)

    def close(self) -> None:
        """Back to the printers; asks first when something was typed and not kept."""
        self._go("")

    def _go(self, to: str) -> None:
        self._wanted = to
        if not self.state.changed:
            self.discard()
        self.refresh()

    def discard(self) -> None:
        """Yes, what was typed may go."""
        to, self._wanted = self._wanted, None
        if to is None:
            return
        self._kind = to or self._kind
        self._text, self._said = self._templates.text(self._kind), ""
        self.refresh()
        if not to:
            self.on_close()

    def stay(self) -> None:
        """No, go on with it."""
        self._wanted = None
        self.refresh()

    def type(self, text: str) -> None:
        if text != self._text:
            self._text, self._said = text, ""
            self.refresh()

    def save(self) -> None:
        t = self._texts
        try:
            self._templates.save(self._kind, self._text)
        except BadTemplate:
            self.refresh()
            return
        except SyncError:
            self._said = t._("It could not be saved. Is the disk full? Slips print as before.")
        else:
            self._said = t._("Saved. The next slip looks like this.")
        self.refresh()

    def reset(self) -> None:
        """Our template again, and the shop's own is forgotten."""
        self._templates.reset(self._kind)
        self._text = self._templates.text(self._kind)
        self._said = self._texts._("Back to the original.")
        self.refresh()

    def undo(self) -> None:
        """What is in force, in place of what was typed."""
        self._text, self._said = self._templates.text(self._kind), ""
        self.refresh()

    def set_logo(self, picture: bytes | None) -> None:
        t = self._texts
        try:
            self._templates.set_logo(picture)
        except BadDocument:
            self._said = t._("This file is no picture. Choose a PNG or JPEG.")
        else:
            self._said = t._("The logo prints on every slip.") if picture else t._("The logo is gone.")
        self.refresh()

    def print_by_itself(self, on: bool) -> None:
        if self._kind in BY_ITSELF_SETTINGS:
            self._templates.set_prints_by_itself(self._kind, on)
        self.refresh()

    def refresh(self) -> None:
        kind = KINDS[self._kind]
        problem = ""
        try:
            template = read_template(self._kind, self._text)
            key = (self._kind, self._text, self._templates.logo, self._profile())
            if self._drawn[0] != key:
                document = kind.example(template, self._templates.logo)
                self._drawn = (key, self._picture(document, self._profile()))
        except BadTemplate as bad:
            problem = words.template_problem(self._texts, bad)
        except PrintingError:
            problem = self._texts._("This cannot be printed as it stands.")
        changed = self._text != self._templates.text(self._kind)
        state = EditorState(
            kinds=tuple((name, words.slip_kind(self._texts, name)) for name in KINDS),
            kind=self._kind,
            text=self._text,
            fillers=_fillers(kind.sample),
            problem=problem,
            said=self._said,
            preview_png=self._drawn[1],
            can_save=changed and not problem,
            can_reset=self._templates.is_own(self._kind),
            changed=changed,
            has_logo=self._templates.logo is not None,
            prints_by_itself=self._templates.prints_by_itself(self._kind) if self._kind in BY_ITSELF_SETTINGS else None,
            by_itself_label=words.by_itself(self._texts, self._kind),
            asking="" if self._wanted is None else self._texts._("What you typed is not saved. Let it go?"),
        )
        if state != self.state:
            self.state = state
            self.on_change()


def _fillers(sample: object, inside: str = "") -> tuple[tuple[str, str], ...]:
    """Every placeholder with its example; those of a list follow with the mark of the list before them."""
    found: list[tuple[str, str]] = []
    assert isinstance(sample, dict), "samples are dicts"
    for name, value in sample.items():
        if isinstance(value, str):
            found.append((f"@{inside} {{{name}}}" if inside else f"{{{name}}}", value))
        elif value:
            found += _fillers(value[0], f"{inside}.{name}" if inside else name)
    return tuple(found)


class SlipPictures:
    """Draws a slip as a printer of a profile puts it on paper: our bytes, read by the emulated printer. Called from one
    thread; the drawing code is imported with the first picture."""

    def __init__(self) -> None:
        self._ink: Ink | None = None

    def __call__(self, document: Document, profile: PrinterProfile) -> bytes:
        """The picture as PNG."""
        from printers.emulator.press import Head
        from printers.emulator.printer import EmulatedPrinter
        from printers.emulator.render import page_png
        from printers.encode import Ink, encode

        self._ink = self._ink or Ink.bundled()
        printer = EmulatedPrinter(Head(dots=profile.paper_dots, units_per_dot=profile.feed_units_per_dot))
        printer.receive(encode(document, profile, self._ink))
        printer.tear_off()
        pages = printer.take_pages()
        return page_png(pages[0], self._ink.painter, paper=True) if pages else b""
