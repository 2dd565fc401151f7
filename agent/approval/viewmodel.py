"""Owns the pop-up stack's behaviour: arrivals, countdowns, reject reasons, outcomes and notices. No Qt (APR-04..20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from agent.approval import notices, words
from agent.approval.cards import GAP, CardState, Notice, NoticeAction, Phase, Reasons, StackState, card_height, fit
from agent.approval.item import Item, card_of, card_state
from agent.approval.types import (
    AlreadyDecided,
    Decided,
    DecisionOutcome,
    DecisionRecord,
    NotAllowed,
    NotPossible,
    OwnerNeeded,
    ReasonMissing,
    Recovering,
    RecoverOutcome,
    RejectReason,
    RequestCard,
    RequestKind,
    RequestState,
    TooLate,
    WaitsForOwner,
)
from agent.dispatch import Coalesced, Dispatcher, Listeners
from agent.logbook import topic
from agent.steady import REST_MS
from agent.texts import Texts
from rules.requests import AUTO_CANCEL_WINDOW_MS
from sync.clock import Clock
from sync.errors import SyncError

SLIDE_REST_MS = REST_MS  # a card that just moved ignores presses: the finger aimed at another one
NOTICE_MS = 6_000
ELSEWHERE_MS = 2_000
HISTORY_LOOKUP = 50  # where outcomes of vanished cards are looked up
NOTICES_MAX = 3
REPORT_AGAIN_MS = 2_000
log = topic("approval")


class ApprovalPort(Protocol):
    """What the stack needs of ``agent.approval.service.ApprovalService``."""

    @property
    def listeners(self) -> Listeners: ...
    def pending(self) -> tuple[RequestCard, ...]: ...
    def recent(self, limit: int = ...) -> tuple[DecisionRecord, ...]: ...
    def withdrawn(self, request_ids: Sequence[str]) -> frozenset[str]: ...
    def mark_shown(self, request_ids: Sequence[str]) -> None: ...
    def approve(self, request_id: str, actor: str) -> DecisionOutcome: ...
    def reject(self, request_id: str, reason: RejectReason, text: str, actor: str) -> DecisionOutcome: ...
    def recover(self, request_id: str, actor: str) -> RecoverOutcome: ...
    def keep(self, request_id: str, actor: str) -> bool: ...


class OwnerDoor(Protocol):
    """Asks for the owner's PIN and what the owner says; ``agent.staff.viewmodel.PinViewModel``."""

    def ask_owner(
        self, heading: str, then: Callable[[str, str], None], choices: Sequence[tuple[str, str]] = ...
    ) -> None: ...


class ApprovalViewModel:
    """State of the whole stack. Every method runs on the screen's thread."""

    def __init__(
        self,
        *,
        service: ApprovalPort,
        clock: Clock,
        dispatcher: Dispatcher,
        texts: Texts,
        actor: Callable[[], str],
        actor_name: Callable[[], str] | None = None,
        owner: OwnerDoor | None = None,
        hotkey: str = "",
        shows_orders: Callable[[], bool] = lambda: True,
    ) -> None:
        """``actor`` is how operations name who acts, ``actor_name`` how people do; ``owner`` asks for the owner's
        PIN."""
        self.on_change: Callable[[], None] = lambda: None
        self.on_arrival: Callable[[], None] = lambda: None
        self.on_more: Callable[[], None] = lambda: None
        self._service, self._clock, self._texts = service, clock, texts
        self._actor, self._actor_name, self._owner = actor, actor_name or actor, owner
        self._shows_orders = shows_orders
        self.hotkey = hotkey
        self._items: dict[str, Item] = {}
        self._order: list[str] = []
        self._shown: set[str] = set()
        self._hovered = ""
        self._in_hand = ""
        self._report_again_ms: int | None = None
        self._room = 10_000
        self.state = StackState()
        self._unsubscribe = service.listeners.subscribe(Coalesced(dispatcher, self.reload))
        self.reload()

    def close(self) -> None:
        self._unsubscribe()

    # -- what the view tells ----------------------------------------------------------------------------------------
    def set_room(self, height: int) -> None:
        """How much height the stack may use on this screen."""
        if height != self._room:
            self._room = height
            self._publish()

    def painted(self) -> None:
        """The stack is really on a screen: visible cards and those counted in "+N" have been shown (APR-18)."""
        fresh = [key for key in self._order if key not in self._shown and self._items[key].phase is Phase.OPEN]
        self._report_again_ms = None
        if not fresh:
            return
        try:
            self._service.mark_shown(fresh)
        except SyncError:
            # Without this report no countdown begins and the request would run out unseen: `tick` tries again.
            self._report_again_ms = self._clock.mono_ms() + REPORT_AGAIN_MS
            return
        self._shown.update(fresh)

    def hover(self, request_id: str) -> None:
        """The pointer rests on this notice: it stays. Empty: on none."""
        if self._hovered and not request_id:
            item = self._items.get(self._hovered)
            if item is not None and item.gone_mono_ms is not None:
                item.gone_mono_ms = max(item.gone_mono_ms, self._clock.mono_ms() + ELSEWHERE_MS)
        self._hovered = request_id

    def retext(self) -> None:
        """The language changed."""
        self._publish()

    def open_requests(self) -> int:
        return sum(1 for item in self._items.values() if item.phase in (Phase.OPEN, Phase.REASONS))

    def is_open(self, request_id: str) -> bool:
        """Whether this request still waits for a decision here."""
        item = self._items.get(request_id)
        return item is not None and item.phase in (Phase.OPEN, Phase.REASONS)

    # -- what people press ------------------------------------------------------------------------------------------
    def press_approve(self, request_id: str) -> None:
        if not self._at_rest(request_id):
            return
        self.approve(request_id)

    def press_reject(self, request_id: str) -> None:
        item = self._items.get(request_id)
        if item is not None and item.phase is Phase.OPEN and self._at_rest(request_id):
            item.phase, item.reasons, item.trouble = Phase.REASONS, Reasons(), False
            self._publish()

    def press_hotkey(self) -> None:
        """Approve the one card that carries the key-cap."""
        for card in self.state.cards:
            if card.keycap:
                self.press_approve(card.request_id)
                return

    def press_more(self) -> None:
        self.on_more()

    def back(self, request_id: str) -> None:
        item = self._items.get(request_id)
        if item is not None and item.phase is Phase.REASONS:
            item.phase = Phase.OPEN
            self._publish()

    def choose_reason(self, request_id: str, reason: RejectReason) -> None:
        item = self._items.get(request_id)
        if item is not None and item.phase is Phase.REASONS:
            item.reasons, item.trouble = Reasons(chosen=reason, text=item.reasons.text), False
            self._publish()

    def type_reason(self, request_id: str, text: str) -> None:
        item = self._items.get(request_id)
        if item is not None and item.phase is Phase.REASONS:
            item.reasons = replace(item.reasons, text=text, note_is_error=False)
            self._publish()

    def press_reject_confirm(self, request_id: str) -> None:
        item = self._items.get(request_id)
        if item is None or item.phase is not Phase.REASONS or item.reasons.chosen is None:
            return
        self.reject(request_id, item.reasons.chosen, item.reasons.text)

    def approve(self, request_id: str) -> None:
        """Approve, from wherever it was pressed (card, board, hot-key)."""
        self._decide(request_id, None, lambda: self._service.approve(request_id, self._actor()))

    def reject(self, request_id: str, reason: RejectReason, text: str = "") -> None:
        """Reject with a reason; OTHER without a text only asks for one."""
        self._decide(request_id, reason, lambda: self._service.reject(request_id, reason, text, self._actor()))

    def _decide(self, request_id: str, reason: RejectReason | None, book: Callable[[], DecisionOutcome]) -> None:
        item = self._items.get(request_id)
        if item is None or item.phase not in (Phase.OPEN, Phase.REASONS):
            return
        # The service tells its listeners before it answers us: this card's outcome comes with the answer.
        self._in_hand = request_id
        try:
            outcome = book()
        except SyncError as problem:
            log.warning("decision_not_saved", request=request_id, problem=type(problem).__name__)
            item.trouble = True
            self._publish()
            return
        finally:
            self._in_hand = ""
        item.trouble = False
        self._settle(item, outcome, reason)

    def press_notice(self, request_id: str) -> None:
        """The one button of a notice: recover, or cancel an auto-approval."""
        item = self._items.get(request_id)
        if item is None or item.notice is None or not item.notice.action or not self._at_rest(request_id):
            return
        if item.notice.action is NoticeAction.OWNER:
            self._ask_owner_about(request_id)
        else:
            self._recover(item, self._actor())

    def _ask_owner_about(self, request_id: str) -> None:
        """The owner confirms what staff asked for, or says no (APR-16)."""
        t = self._texts
        choices = (("recover", t._("Give it back now")), ("keep", t._("The approval stands")))
        if self._owner is not None:
            self._owner.ask_owner(
                t._("Owner: recovery"), lambda who, said: self._owner_said(request_id, who, said), choices
            )

    def _owner_said(self, request_id: str, actor: str, said: str) -> None:
        item = self._items.get(request_id)
        if item is None:
            return  # it was settled meanwhile
        if said == "recover":
            self._recover(item, actor)
            return
        try:
            kept = self._service.keep(request_id, actor)
        except SyncError:
            self._notify(item, notices.recovery_not_saved(self._texts))
        else:
            item.owner_deadline_mono_ms = None
            said_no = notices.stands if kept else notices.too_late_to_recover
            self._notify(item, said_no(self._texts, item.request))
        self._publish()

    def recover(self, request_id: str) -> None:
        """Recovery asked for elsewhere (the list of the last decisions); its notice appears in the stack."""
        self._take_up(request_id)
        item = self._items.get(request_id)
        if item is not None:
            self._recover(item, self._actor())

    def _take_up(self, request_id: str) -> None:
        """A decided request whose card is gone gets its place in the stack again."""
        if request_id in self._items:
            return
        record = next((r for r in self._service.recent(HISTORY_LOOKUP) if r.request_id == request_id), None)
        if record is not None:
            self._items[request_id] = Item(card_of(record), phase=Phase.NOTICE)
            self._order.append(request_id)

    def dismiss(self, request_id: str) -> None:
        """Close a notice, also one that stays for its POS line."""
        item = self._items.get(request_id)
        if item is not None and item.phase is Phase.NOTICE:
            self._remove(request_id)
            self._publish()

    # -- what comes in ----------------------------------------------------------------------------------------------
    def reload(self) -> None:
        """Read what waits; follow up on what no longer does."""
        shows_orders = self._shows_orders()  # else the ticket tells of them, and the list of orders (AGT-02)
        pending = {
            card.request_id: card
            for card in self._service.pending()
            if shows_orders or card.kind is not RequestKind.ORDER
        }
        now_mono = self._clock.mono_ms()
        arrived = False
        for key, card in pending.items():
            item = self._items.get(key)
            if item is None:
                item = self._items[key] = Item(card)
                self._order.append(key)
                arrived = True
            elif item.phase in (Phase.NOTICE, Phase.ELSEWHERE):
                continue  # our own decision is ahead of this reading
            item.request = card
            item.deadline_mono_ms = None if card.remaining_ms is None else now_mono + card.remaining_ms
            if card.asking and item.phase in (Phase.OPEN, Phase.REASONS):
                item.phase = Phase.WORKING  # nobody decides before the cloud has said what still stands
            elif item.phase is Phase.WORKING and not card.asking and card.remaining_ms != 0:
                item.phase = Phase.OPEN  # the cloud gave it a new countdown, or the line is gone
        self._follow_up(pending)
        self._follow_recoveries()
        self._sort(pending)
        self._publish()
        if arrived:
            self.on_arrival()

    def _follow_up(self, pending: dict[str, RequestCard]) -> None:
        undecided = (Phase.OPEN, Phase.REASONS, Phase.WORKING)
        gone = [
            key
            for key, item in self._items.items()
            if item.phase in undecided and key not in pending and key != self._in_hand
        ]
        if not gone:
            return
        records = {record.request_id: record for record in self._service.recent(HISTORY_LOOKUP)}
        withdrawn = self._service.withdrawn(gone)
        for key in gone:
            record = records.get(key)
            if key in withdrawn:  # the customer took it back (APR-14)
                request = self._items[key].request
                self._notify(self._items[key], notices.withdrawn(self._texts, request, self._clock.wall_ms()))
            elif record is None:
                self._remove(key)  # it ran out unseen
            elif record.state is RequestState.EXPIRED:
                self._notify(self._items[key], notices.lapsed(self._texts, self._items[key].request, record.decided_ms))
            elif record.state is RequestState.AUTO_APPROVED:
                self._show_auto_approved(self._items[key], record.decided_ms)
            else:
                self._show_elsewhere(self._items[key], record.state, record.decided_by or "", record.decided_ms)

    def _follow_recoveries(self) -> None:
        """What staff asked for was done, or the owner said no at another counter."""
        asked = [key for key, item in self._items.items() if item.owner_deadline_mono_ms is not None]
        if not asked:
            return
        records = {record.request_id: record for record in self._service.recent(HISTORY_LOOKUP)}
        for key in asked:
            record, item = records.get(key), self._items[key]
            if record is not None and record.state is RequestState.RECOVERED:
                self._show_returned(item)
            elif record is not None and record.recovery_by is None and key != self._in_hand:
                item.owner_deadline_mono_ms = None
                self._notify(item, notices.stands(self._texts, item.request))

    def _sort(self, pending: dict[str, RequestCard]) -> None:
        """Open cards by urgency; notices and cards with open reasons keep their place, nothing moves under a hand."""
        held = {
            i: key
            for i, key in enumerate(self._order)
            if self._items[key].phase is not Phase.OPEN or key not in pending
        }
        rest = iter([key for key in pending if key in self._items and self._items[key].phase is Phase.OPEN])
        self._order = [held[i] if i in held else next(rest) for i in range(len(self._order))]

    # -- time -------------------------------------------------------------------------------------------------------
    def tick(self) -> None:
        """Called several times a second while anything is on screen; publishes only what changed."""
        now = self._clock.mono_ms()
        if self._report_again_ms is not None and now >= self._report_again_ms:
            self.painted()
        for key in list(self._order):
            item = self._items[key]
            if item.phase in (Phase.OPEN, Phase.REASONS) and item.deadline_mono_ms is not None:
                if item.deadline_mono_ms <= now:
                    item.phase = Phase.WORKING
            elif item.owner_deadline_mono_ms is not None and item.owner_deadline_mono_ms <= now:
                item.owner_deadline_mono_ms = None
                self._notify(item, notices.recovery_runs(self._texts))
            elif item.gone_mono_ms is not None and item.gone_mono_ms <= now and key != self._hovered:
                self._remove(key)
        self._publish()

    # -- outcomes ---------------------------------------------------------------------------------------------------
    def _settle(self, item: Item, outcome: DecisionOutcome, reason: RejectReason | None) -> None:
        match outcome:
            case Decided():
                self._show_decided(item, outcome, reason)
            case AlreadyDecided(state=RequestState.AUTO_APPROVED):
                self._show_auto_approved(item, self._clock.wall_ms())
            case AlreadyDecided():
                self._show_elsewhere(item, outcome.state, outcome.decided_by or "", self._clock.wall_ms())
            case TooLate():
                item.phase = Phase.WORKING
            case ReasonMissing():
                note = self._texts._("Write the reason in a few words.")
                item.reasons = replace(item.reasons, note=note, note_is_error=True)
            case _:
                self._remove(item.request.request_id)
        self._publish()

    def _show_decided(self, item: Item, outcome: Decided, reason: RejectReason | None) -> None:
        request, now_ms = item.request, self._clock.wall_ms()
        if outcome.state is RequestState.REJECTED:
            notice = notices.rejected(self._texts, request, reason, self._actor_name(), now_ms)
        else:
            notice = notices.approved(self._texts, request, outcome.pos_discount_won, self._actor_name(), now_ms)
        self._notify(item, notice, stays=bool(notice.pos_line))

    def _show_auto_approved(self, item: Item, decided_wall_ms: int) -> None:
        item.cancel_until_wall_ms = decided_wall_ms + AUTO_CANCEL_WINDOW_MS
        notice = notices.auto_approved(self._texts, item.request, decided_wall_ms, may_cancel=True)
        self._notify(item, notice, stays=bool(notice.pos_line))

    def _show_elsewhere(self, item: Item, state: RequestState, who: str, wall_ms: int) -> None:
        item.phase = Phase.ELSEWHERE
        item.outcome = words.elsewhere(self._texts, state, who, wall_ms)
        item.gone_mono_ms = self._clock.mono_ms() + ELSEWHERE_MS

    def _recover(self, item: Item, actor: str) -> None:
        request_id = item.request.request_id
        try:
            outcome = self._service.recover(request_id, actor)
        except SyncError as problem:
            log.warning("recovery_not_saved", request=request_id, problem=type(problem).__name__)
            self._notify(item, notices.recovery_not_saved(self._texts))
            self._publish()
            return
        if isinstance(outcome, OwnerNeeded) and outcome.set_up and self._owner is not None:
            heading = self._texts._("Owner: cancel the approval")
            self._owner.ask_owner(heading, lambda who, _said: self._recover_as(request_id, who))
            return
        item.cancel_until_wall_ms = item.owner_deadline_mono_ms = None
        match outcome:
            case WaitsForOwner():
                item.owner_deadline_mono_ms = self._clock.mono_ms() + outcome.wait_ms
                self._notify(item, notices.recovery_waits(self._texts, outcome.wait_ms // 1000), stays=True)
            case OwnerNeeded():
                self._notify(item, notices.no_owner_yet(self._texts), stays=True)
            case NotAllowed():
                self._notify(item, notices.recovery_not_allowed(self._texts))
            case NotPossible():
                self._notify(item, notices.too_late_to_recover(self._texts, item.request))
            case Recovering() if item.request.offline:
                self._notify(item, notices.recovery_kept(self._texts))
            case Recovering():
                self._show_returned(item)
        self._publish()

    def _recover_as(self, request_id: str, actor: str) -> None:
        item = self._items.get(request_id)
        if item is None:  # its notice is gone meanwhile; the owner's word counts all the same
            self._take_up(request_id)
            item = self._items.get(request_id)
        if item is not None:
            self._recover(item, actor)

    def _show_returned(self, item: Item) -> None:
        item.owner_deadline_mono_ms = None
        self._notify(item, notices.returned(self._texts, item.request, self._clock.wall_ms()))

    def _notify(self, item: Item, notice: Notice, *, stays: bool = False) -> None:
        """Turn the card into a notice, and let the oldest notice go when there are too many."""
        item.phase, item.notice = Phase.NOTICE, notice
        item.noticed_mono_ms = self._clock.mono_ms()
        item.gone_mono_ms = None if stays else item.noticed_mono_ms + NOTICE_MS
        standing = [key for key in self._order if self._items[key].phase is Phase.NOTICE]
        standing.sort(key=lambda key: self._items[key].noticed_mono_ms)
        for key in standing[:-NOTICES_MAX]:
            self._remove(key)

    def _remove(self, request_id: str) -> None:
        self._items.pop(request_id, None)
        self._order = [key for key in self._order if key != request_id]

    # -- what is shown ----------------------------------------------------------------------------------------------
    def _at_rest(self, request_id: str) -> bool:
        item = self._items.get(request_id)
        return item is not None and self._clock.mono_ms() - item.moved_mono_ms >= SLIDE_REST_MS

    def _publish(self) -> None:
        hotkey_free = bool(self.hotkey)
        cards = []
        for key in self._order:
            card = card_state(self._items[key], self._texts, self._clock, self.hotkey if hotkey_free else "")
            hotkey_free = hotkey_free and not card.keycap
            cards.append(card)
        shown, more = fit(cards, self._room, self._newest_notice())
        state = StackState(shown, more)
        if state == self.state:
            return
        self._note_moves(shown)
        self.state = state
        self.on_change()

    def _newest_notice(self) -> str:
        noticed = [key for key in self._order if self._items[key].phase is Phase.NOTICE]
        return max(noticed, key=lambda key: self._items[key].noticed_mono_ms, default="")

    def _note_moves(self, shown: tuple[CardState, ...]) -> None:
        now, bottom = self._clock.mono_ms(), 0
        for card in shown:
            item = self._items[card.request_id]
            if item.bottom != bottom:
                item.moved_mono_ms = now
                item.bottom = bottom
            bottom += card_height(card) + GAP
        in_sight = {card.request_id for card in shown}
        for key in self._order:
            if key not in in_sight:
                self._items[key].bottom = -1
