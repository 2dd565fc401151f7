"""Owns the boards of coupons, points and stamps: figures, the five that stand out, what the tiers give. No Qt.

Rules: CPN-21, CPN-31, STP-04, STP-22, PNT-18.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.dispatch import Dispatcher
from agent.rewards.looking import Looking, ReportsPort, as_of, missing
from agent.rewards.reports import BOARDS
from agent.rewards.state import BoardsState, BoardTile, Box, Row
from agent.texts import Texts, mark
from rules.calendar import local_day
from sync.clock import Clock

LOG_MAX = 20  # CPN-21
_STEPS = {
    "issue": mark("Issued"),
    "request": mark("Asked for"),
    "approve": mark("Used"),
    "reject": mark("Not used"),
    "recover": mark("The use was taken back"),
    "expire": mark("Over"),
}


class BoardsViewModel:
    """All methods run on the screen's thread."""

    def __init__(self, *, reports: ReportsPort, clock: Clock, dispatcher: Dispatcher, texts: Texts) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._texts = texts
        self._looking = Looking(reports, BOARDS, clock, dispatcher, self._publish)
        self._shown = False
        self.state = BoardsState()

    def show(self) -> None:
        self._shown = True
        self._looking.at({})
        self._publish()

    def hide(self) -> None:
        self._shown = False

    def tick(self) -> None:
        if self._shown:
            self._looking.tick()

    def refresh(self) -> None:
        """The language changed."""
        self._publish()

    def _publish(self) -> None:
        t, report = self._texts, self._looking.report
        said, stale = as_of(t, self._looking)
        if report is None:
            state = BoardsState(note=missing(t, self._looking))
        else:
            fields = report.fields
            tiles = [self._coupons(fields["coupons"], int(fields["days"])), self._points(fields["points"])]
            if fields["stamps"] is not None:
                tiles.append(self._stamps(fields["stamps"], fields["card"]))
            log = tuple(self._line(one) for one in fields["coupons"]["log"][:LOG_MAX])
            title = t._("Latest coupons") if log else ""
            state = BoardsState(tuple(tiles), title, log, as_of=said, stale=stale)
        if state != self.state:
            self.state = state
            self.on_change()

    def _boxes(self, board: dict[str, Any], left: Box, days: int | None = None) -> tuple[Box, ...]:
        """Given, used, over and left; the first two of today, with what it is in all, or in so many days."""
        t = self._texts

        def today(word: str, name: str) -> Box:
            sum_ = t.number(board[name])
            remark = t.n("in all {n}", n=sum_) if days is None else t.n("in {days} days {n}", days=days, n=sum_)
            return Box(word, t.number(board[f"{name}_today"]), remark)

        over = Box(t._("Over"), t.number(board["expired"]))
        return today(t._("Given today"), "issued"), today(t._("Used today"), "used"), over, left

    def _coupons(self, board: dict[str, Any], days: int) -> BoardTile:
        t = self._texts
        top = tuple(
            Row(str(one["name"]), _percent(t, one["rate_bp"]), t.n("{n} times", n=t.number(one["used"])))
            for one in board["top"]
        )
        boxes = self._boxes(board, Box(t._("Not used yet"), t.number(board["unused"])), days)
        head = t.n("Most used in {n} days", n=days)
        return BoardTile(t._("Coupons"), "ticket", boxes, head, top, "" if top else t._("None yet."))

    def _points(self, board: dict[str, Any]) -> BoardTile:
        t = self._texts
        top = tuple(Row(self._who(one), _percent(t, one["use_rate_bp"]), t.points(one["used"])) for one in board["top"])
        boxes = self._boxes(board, Box(t._("Can be used"), t.number(board["usable"])))
        return BoardTile(t._("Points"), "coins", boxes, t._("Used most"), top, "" if top else t._("None yet."))

    def _stamps(self, board: dict[str, Any], card: dict[str, Any] | None) -> BoardTile:
        t = self._texts
        per_board = 0 if card is None else int(card["per_board"])

        def stands(one: dict[str, Any]) -> str:
            if not per_board or not one["collected"]:
                return ""
            on_board = (one["collected"] - 1) % per_board + 1
            return t.n("{n} of {of} on the board", n=on_board, of=per_board)

        top = tuple(
            Row(self._who(one), stands(one), t.n("{n} stamps", n=t.number(one["collected"]))) for one in board["top"]
        )
        tiers = [] if card is None else card["tiers"]
        foot = " · ".join(t.n("{n}: {name}", n=one["stamps"], name=one["name"]) for one in tiers if one["name"])
        boxes = self._boxes(board, Box(t._("Can be used"), t.number(board["usable"])))
        return BoardTile(
            t._("Stamps"), "stamp", boxes, t._("Collected most"), top, "" if top else t._("None yet."), foot
        )

    def _who(self, one: dict[str, Any]) -> str:
        return str(one["nickname"]) or self._texts._("Customer")

    def _line(self, one: dict[str, Any]) -> Row:
        t, at_ms = self._texts, int(one["at_ms"])
        step = t._(_STEPS[one["what"]]) if one["what"] in _STEPS else str(one["what"])
        return Row(str(one["name"]), "", step, f"{local_day(at_ms):%m-%d} {t.clock(at_ms)}")


def _percent(t: Texts, rate_bp: int) -> str:
    return t.n("{n} % used", n=rate_bp // 100)
