"""The whole emulated printer without a socket: input buffer, conditions (paper, cover), answers, finished pages."""

from __future__ import annotations

import threading
from collections import deque

from printers.emulator.interpreter import Interpreter
from printers.emulator.paper import Page
from printers.emulator.press import Head
from printers.stream.tokenizer import Token, Tokenizer, TokenKind

BUFFER_BYTES = 65_536  # what a printer takes while it cannot print; then it stops reading
COMMAND_BYTES_MAX = 2_000_000  # of one image
RAW_BYTES_MAX = 4_000_000  # kept of one page


class EmulatedPrinter:
    """Bytes in, answers and pages out. Every method may be called from any thread."""

    def __init__(self, head: Head | None = None, *, buffer_bytes: int = BUFFER_BYTES) -> None:
        self._head = head or Head()
        self._buffer_bytes = buffer_bytes
        self._lock = threading.RLock()
        self._answers = bytearray()
        self._paper_low = False
        self._lines_left: int | None = None  # None: an endless roll
        self._cover_open = False
        self._mute = False
        self._pages: list[Page] = []
        self._boot()

    def _boot(self) -> None:
        self._tokenizer = Tokenizer(payload_keep=COMMAND_BYTES_MAX)
        self._interpreter = Interpreter(self._head, self._answer)
        self._waiting: deque[Token] = deque()
        self._waiting_bytes = 0
        self._raw = bytearray()
        self._raw_start = 0  # stream offset of the first kept byte
        self._at = 0  # stream offset behind what was printed
        self._asb = 0

    # -- the cable ----------------------------------------------------------------------------------------------

    def receive(self, chunk: bytes) -> None:
        """Take bytes from the cable: real-time questions are answered at once, the rest is printed if it can be."""
        with self._lock:
            if len(self._raw) < RAW_BYTES_MAX:
                self._raw += chunk
            for token in self._tokenizer.feed(chunk):
                self._waiting.append(token)
                self._waiting_bytes += token.size + 2
                self._print_waiting()
                if token.kind is TokenKind.REALTIME:
                    self._answer_now(token)

    def take_answers(self) -> bytes:
        """What the printer wants to say by now."""
        with self._lock:
            answers = bytes(self._answers)
            self._answers.clear()
            return answers

    @property
    def wants_more(self) -> bool:
        """Whether there is room in the buffer; a full printer stops reading."""
        with self._lock:
            return self._waiting_bytes < self._buffer_bytes

    def end_of_stream(self) -> None:
        """The cable was pulled: a command cut in half is forgotten, what was printed stays."""
        with self._lock:
            self._waiting.extend(self._tokenizer.close())
            self._tokenizer = Tokenizer(payload_keep=COMMAND_BYTES_MAX)
            self._print_waiting()
            if not self._waiting:
                # Offsets start again with the new tokenizer.
                kept = bytes(self._raw)
                self._raw, self._raw_start, self._at = bytearray(kept), -len(kept), 0

    # -- paper --------------------------------------------------------------------------------------------------

    def take_pages(self) -> list[Page]:
        """Pages cut off since the last call."""
        with self._lock:
            pages, self._pages = self._pages, []
            return pages

    def tear_off(self) -> None:
        """A person tears off what came out without a cut."""
        with self._lock:
            if self._interpreter.press.has_marks():
                self._interpreter.press.end_line(self._interpreter.state)
            self._interpreter.press.cut("")
            self._collect_pages(self._raw_start + len(self._raw))

    # -- what a person or a test does to it ---------------------------------------------------------------------

    def run_out_of_paper(self, after_lines: int = 0) -> None:
        """The roll ends after this many more lines."""
        with self._lock:
            self._lines_left = self._interpreter.press.lines_printed + after_lines
            self._say_condition()

    def load_paper(self) -> None:
        """A new roll; printing goes on where it stopped."""
        with self._lock:
            self._lines_left = None
            self._paper_low = False
            self._say_condition()
            self._print_waiting()

    def set_paper_low(self, low: bool = True) -> None:
        with self._lock:
            self._paper_low = low
            self._say_condition()

    def open_cover(self) -> None:
        with self._lock:
            self._cover_open = True
            self._say_condition()

    def close_cover(self) -> None:
        with self._lock:
            self._cover_open = False
            self._say_condition()
            self._print_waiting()

    def set_mute(self, mute: bool = True) -> None:
        """A printer that prints and never answers, as many clones do."""
        with self._lock:
            self._mute = mute
            self._answers.clear()

    def power_cycle(self) -> None:
        """Off and on: the buffer and all settings are gone, paper that came out is torn off."""
        with self._lock:
            self.tear_off()
            self._answers.clear()
            lines_left = self._lines_left is not None and self._is_paper_out
            self._boot()
            if lines_left:
                self._lines_left = 0

    # -- inside -------------------------------------------------------------------------------------------------

    @property
    def _is_paper_out(self) -> bool:
        return self._lines_left is not None and self._interpreter.press.lines_printed >= self._lines_left

    @property
    def _is_offline(self) -> bool:
        return self._cover_open or self._is_paper_out

    def _print_waiting(self) -> None:
        was_offline = self._is_offline
        while self._waiting and not self._is_offline:
            token = self._waiting.popleft()
            self._waiting_bytes -= token.size + 2
            self._at += token.span
            self._interpreter.carry_out(token)
            if token.name == "GS r" and token.data:
                self._answer(bytes([self._paper_byte() if token.data[0] in (1, 49) else 0]))
            elif token.name == "GS a" and token.data:
                self._asb = token.data[0]
                self._say_condition()
            self._collect_pages(self._at)
        if self._is_offline and not was_offline:
            self._say_condition()

    def _collect_pages(self, end: int) -> None:
        for page in self._interpreter.press.finished:
            count = max(end - self._raw_start, 0)
            page.raw = bytes(self._raw[:count])
            del self._raw[:count]
            self._raw_start = end
            self._pages.append(page)
        self._interpreter.press.finished.clear()

    def _answer(self, answer: bytes) -> None:
        if not self._mute:
            self._answers += answer

    def _answer_now(self, token: Token) -> None:
        if token.name != "DLE EOT":
            return
        question = token.data[0]
        answer = 0x12
        if question == 1:
            answer |= 0x08 if self._is_offline else 0
        elif question == 2:
            answer |= (0x04 if self._cover_open else 0) | (0x20 if self._is_paper_out else 0)
        elif question == 4:
            answer |= (0x60 if self._is_paper_out else 0) | (0x0C if self._paper_low or self._is_paper_out else 0)
        self._answer(bytes([answer]))

    def _paper_byte(self) -> int:
        return (0x0C if self._is_paper_out else 0) | (0x03 if self._paper_low or self._is_paper_out else 0)

    def _say_condition(self) -> None:
        """An automatic status frame, if the POS asked for them."""
        if self._asb:
            first = 0x10 | (0x08 if self._is_offline else 0) | (0x20 if self._cover_open else 0) | 0x04
            self._answer(bytes([first, 0, self._paper_byte(), 0]))
