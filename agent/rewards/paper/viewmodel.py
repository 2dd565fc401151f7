"""Owns reading a coupon's paper at the counter: a scanner types into the field, the cloud says what it gives, staff
decide. No Qt (CPN-15, CPN-18).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from agent.coupons.using import Held, NoAnswer, NoCode, NoLine, ReadOutcome, Refused, Standing
from agent.dispatch import Coalesced, Dispatcher, Listeners, Rounds
from agent.logbook import topic
from agent.rewards import words
from agent.rewards.state import PaperCard, PaperPanel
from agent.steady import REST_MS
from agent.texts import Texts
from rules.scans import scanned_code
from sync.clock import Clock
from sync.errors import SyncError

TYPED_MAX = 80  # a QR code of ours has 51 signs
log = topic("coupons")


class PaperPort(Protocol):
    """What the page needs of ``agent.coupons.using.PaperUse``."""

    @property
    def listeners(self) -> Listeners: ...
    def new_id(self) -> str: ...
    def read(self, request_id: str, text: str, done: Callable[[ReadOutcome], None]) -> None: ...
    def standing(self, request_id: str) -> Standing | None: ...
    def take_back(self, request_id: str) -> None: ...


class Decider(Protocol):
    """The pop-up stack: what is decided there is decided once, and says what to key into the POS."""

    def is_open(self, request_id: str) -> bool: ...
    def approve(self, request_id: str) -> None: ...


class PaperViewModel:
    """All methods run on the screen's thread."""

    def __init__(
        self,
        *,
        papers: PaperPort,
        decider: Decider,
        online: Callable[[], bool],
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
    ) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._papers, self._decider, self._online = papers, decider, online
        self._clock, self._texts = clock, texts
        self._rounds = Rounds(dispatcher)
        self._typed, self._wrong, self._asking, self._trouble = "", False, False, False
        self._code: str | None = None
        self._request_id = ""
        self._outcome: ReadOutcome | None = None
        self._standing: Standing | None = None
        self._ready_mono_ms: int | None = None
        self._shown = False
        self.panel = PaperPanel()
        self._unsubscribe = papers.listeners.subscribe(Coalesced(dispatcher, self._changed))
        self._publish()

    def close_down(self) -> None:
        self._unsubscribe()

    # -- in sight -----------------------------------------------------------------------------------------------------

    def show(self) -> None:
        self._shown = True
        self._changed()

    def hide(self) -> None:
        self._shown = False

    def tick(self) -> None:
        """The countdown moves."""
        if self._shown and (self._standing is None or self._standing.waits):
            self._changed()

    # -- what people and scanners do ----------------------------------------------------------------------------------

    def type(self, text: str) -> None:
        self._typed, self._wrong = text[:TYPED_MAX], False
        self._publish()

    def submit(self) -> None:
        """The scanner's last key, or a press on the button. While the same paper waits for an answer or for staff's
        word it is not asked about again; another one is."""
        code = scanned_code(self._typed)
        held = isinstance(self._outcome, Held) if self._standing is None else self._standing.waits
        waits = self._asking or held
        if not self._typed.strip() or (waits and code == self._code):
            self._typed = ""
            self._publish()
            return
        if code is None:
            self._wrong = True
            self._publish()
            return
        same = code == self._code and isinstance(self._outcome, NoAnswer)
        if not same:
            self._request_id = self._papers.new_id()
        text, self._typed, self._code = self._typed, "", code
        self._outcome, self._standing, self._ready_mono_ms = None, None, None
        self._asking, self._wrong, self._trouble = True, False, False
        self._rounds.begin()
        self._publish()
        self._papers.read(self._request_id, text, self._rounds.later(self._answered))

    def _answered(self, outcome: ReadOutcome) -> None:
        self._asking, self._outcome = False, outcome
        if isinstance(outcome, NoCode):
            self._wrong = True
        self._changed()

    def use(self) -> None:
        """Staff's word. A button that has just appeared was not aimed at."""
        at_rest = self._ready_mono_ms is not None and self._clock.mono_ms() - self._ready_mono_ms >= REST_MS
        if at_rest and self._decider.is_open(self._request_id):
            self._decider.approve(self._request_id)
            self._changed()

    def leave(self) -> None:
        """The customer keeps it."""
        try:
            self._papers.take_back(self._request_id)
        except SyncError as problem:
            log.warning("paper_not_taken_back", request=self._request_id, problem=type(problem).__name__)
            self._trouble = True
        self._changed()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Language or line have changed."""
        self._changed()

    def _changed(self) -> None:
        if self._request_id:
            self._standing = self._papers.standing(self._request_id)
        ready = self._standing is not None and self._standing.waits and self._decider.is_open(self._request_id)
        if not ready:
            self._ready_mono_ms = None
        elif self._ready_mono_ms is None:
            self._ready_mono_ms = self._clock.mono_ms()
        self._publish()

    def _publish(self) -> None:
        t = self._texts
        problem = t._("This is no code of a coupon. Read it again, or check the letters.") if self._wrong else ""
        if self._trouble:
            problem = t._("Could not be saved. Please try again.")
        offline = "" if self._online() else t._("Coupons on paper can be used again once the counter is online.")
        panel = PaperPanel(self._typed, self._wrong, problem, self._asking, self._card(), offline)
        if panel != self.panel:
            self.panel = panel
            self.on_change()

    def _card(self) -> PaperCard | None:
        """The request's own word goes before the answer to the question: it may have been decided meanwhile."""
        t, standing = self._texts, self._standing
        if standing is not None:
            if standing.waits:
                ready = self._ready_mono_ms is not None
                return words.waiting_card(t, standing.held, standing.remaining_ms, ready=ready)
            return words.ended_card(t, standing)
        match self._outcome:
            case Held():
                return words.waiting_card(t, self._outcome, None, ready=False)
            case Refused():
                return words.refused_card(t, self._outcome)
            case NoLine() | NoAnswer():
                return words.no_line_card(t, self._outcome)
            case _:
                return None
