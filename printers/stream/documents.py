"""Cuts a printer's stream into documents, the same ones at any chunking, with bounded memory.

A document ends at a cut outside payloads, at ESC @ after a feed, when the line has been idle, or when it closes. What
printed nothing (a drawer kick, a second cut, a status question, a stored logo) is no document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from printers.stream.page import CUTS, Page, lay_out
from printers.stream.state import LINE_DOTS, PrinterState
from printers.stream.tokenizer import Token, Tokenizer, TokenKind

BYTES_MAX = 1_000_000  # R7/R8: what is longer is no receipt; its capture stops
TOKENS_MAX = 40_000  # a receipt has some hundred; bounds the memory of one document
TEXT_BYTES_MAX = 200_000
PARTS_MAX = 8
FEED_LINES_AT_END = 2  # a POS without a cutter feeds at least this before it begins anew
TOKEN_PAYLOAD_KEEP = 64  # pictures are measured, never kept

_PICTURES = frozenset({"GS v 0", "ESC *", "GS ( L", "GS 8 L", "GS Q"})


class Ended(StrEnum):
    """Why a document ended."""

    CUT = "cut"
    INIT = "init"
    IDLE = "idle"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class CutDocument:
    """One document of a stream, from byte `start` up to `end`.

    `parts` are the pages between doubtful borders: an ESC @ without a feed before it may begin a new receipt or only
    reset the styles of this one; whoever reads the meaning decides. `whole` is False when bytes are missing.
    """

    parts: tuple[Page, ...]
    start: int
    end: int
    ended: Ended
    whole: bool

    @property
    def page(self) -> Page:
        page = self.parts[0]
        for part in self.parts[1:]:
            page = page.followed_by(part)
        return page


class DocumentCutter:
    """Feed it chunks of one connection; it answers the documents they complete.

    `bytes_max` and its siblings bound one document; a longer one is still answered, empty and not `whole`. `watch` sees
    every token of the stream.
    """

    def __init__(
        self, *, bytes_max: int = BYTES_MAX, watch: Callable[[Sequence[Token]], None] = lambda _tokens: None
    ) -> None:
        self._bytes_max = bytes_max
        self._on_tokens = watch
        self._tokenizer = Tokenizer(payload_keep=TOKEN_PAYLOAD_KEEP)
        self._state = PrinterState()
        self._watch = PrinterState()  # the settings at the newest token; `_state` lags until a part is laid out
        self._start = 0
        self._at = 0
        self._whole = True
        self._parts: list[Page] = []
        self._clear_part()
        self._document_bytes = 0
        self._overflow = False

    @property
    def inside_command(self) -> bool:
        """Whether the stream waits for the rest of a command: then silence is no end."""
        return self._tokenizer.inside_command

    @property
    def has_content(self) -> bool:
        """Whether something is printed that no document has taken yet."""
        return bool(self._parts) or self._has_text or self._has_picture

    def feed(self, chunk: bytes) -> list[CutDocument]:
        tokens = self._tokenizer.feed(chunk)
        self._on_tokens(tokens)
        return self._sort_out(tokens)

    def idle(self) -> list[CutDocument]:
        """The line was silent for long enough: what stands there is a document."""
        return self._end(Ended.IDLE, self._at)

    def lost_bytes(self) -> None:
        """Some bytes never reached us: what is being read now is not whole, and the stream may stand anywhere."""
        self._sort_out(self._tokenizer.close())
        self._whole = False

    def close(self) -> list[CutDocument]:
        """The connection ended."""
        tokens = self._tokenizer.close()
        self._whole = self._whole and all(token.complete for token in tokens)
        found = self._sort_out(tokens)
        return found + self._end(Ended.CLOSE, self._at)

    # -- reading ------------------------------------------------------------------------------------------------

    def _sort_out(self, tokens: Iterable[Token]) -> list[CutDocument]:
        found: list[CutDocument] = []
        for token in tokens:
            self._document_bytes += token.span
            self._at += token.span
            if token.name == "ESC @" and self._watch.selected:
                found += self._initialised(token)
            elif token.name in CUTS and token.complete and self._watch.selected:
                self._keep(token)
                found += self._end(Ended.CUT, self._at)
            else:
                self._watch_content(token)
                self._keep(token)
        return found

    def _keep(self, token: Token) -> None:
        if not self._overflow and (
            self._document_bytes > self._bytes_max
            or len(self._tokens) >= TOKENS_MAX
            or self._text_bytes > TEXT_BYTES_MAX
        ):
            self._overflow = True
            self._whole = False
            self._parts.clear()
            for kept in self._tokens:
                self._remember(kept)
            self._tokens.clear()
        if self._overflow:
            self._remember(token)
        else:
            self._tokens.append(token)

    def _remember(self, token: Token) -> None:
        """Of a token that is not kept, the setting it changes."""
        if token.name == "ESC @" and self._state.selected:
            self._state.reset()
        else:
            self._state.apply(token)

    def _watch_content(self, token: Token) -> None:
        if token.kind is TokenKind.COMMAND:
            if self._watch.apply(token) or not self._watch.selected:
                return
            if token.name in _PICTURES:
                self._has_picture = True
                self._fed = 0.0
            elif token.name == "ESC d" and token.complete:
                self._fed += token.data[0]
            elif token.name == "ESC J" and token.complete:
                self._fed += token.data[0] / LINE_DOTS
        elif not self._watch.selected:
            return
        elif token.kind is TokenKind.TEXT:
            self._text_bytes += len(token.data)
            if token.data.strip(b" "):
                self._has_text = True
                self._fed = 0.0
        elif token.name == "LF":
            self._fed += 1

    def _initialised(self, token: Token) -> list[CutDocument]:
        """ESC @: a new document after a feed, a doubtful border otherwise, nothing when nothing was printed."""
        found: list[CutDocument] = []
        if self._has_text and self._fed > FEED_LINES_AT_END:
            found = self._end(Ended.INIT, self._at - 2)
        elif self._has_text or self._has_picture:
            self._end_part()
            if len(self._parts) >= PARTS_MAX:
                found = self._end(Ended.INIT, self._at - 2)
        self._watch.reset()
        self._keep(token)
        return found

    # -- ending -------------------------------------------------------------------------------------------------

    def _clear_part(self) -> None:
        self._tokens: list[Token] = []
        self._text_bytes = 0
        self._has_text = self._has_picture = False
        self._fed = 0.0

    def _end_part(self) -> None:
        if not self._overflow:
            self._parts.append(lay_out(self._tokens, self._state))
        self._clear_part()

    def _end(self, ended: Ended, at: int) -> list[CutDocument]:
        found: list[CutDocument] = []
        printed = self.has_content or self._overflow
        self._end_part()  # also without content: it may have changed settings
        parts = tuple(part for part in self._parts if part.rows or part.picture_dots)
        if printed and (parts or self._overflow):
            found.append(CutDocument(parts or (Page(),), self._start, at, ended, self._whole))
        self._clear_part()
        self._parts.clear()
        self._overflow = False
        self._whole = True
        self._document_bytes = 0
        self._start = at
        return found


def documents_of(stream: bytes) -> list[CutDocument]:
    """All documents of a stream that is known to its end."""
    cutter = DocumentCutter()
    return cutter.feed(stream) + cutter.close()
