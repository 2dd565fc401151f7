"""The remote control of the demo: presses, types and looks as a person would. Exists only after ``--demo``."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QPoint, QPointF, QRect, Qt, QTimer
from PySide6.QtGui import QImage, QImageWriter, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from agent.bootstrap import Agent
from agent.lan.api import to_json
from agent.lan.http import ApiError, Guard, Reply, Request, Route, invalid, not_found, text_field
from agent.shell.dispatcher import QtDispatcher
from agent.shell.screens import Screens

LOOK_MS = 50
# What has just appeared or moved ignores presses for a moment, and nobody hits it that fast: the remote waits too.
REST_S = 0.4
REST_POLL_S = 0.03
_POINTS = re.compile(r"([0-9,]+)P")


def remote_routes(agent: Agent, dispatcher: QtDispatcher, screens: Screens, guard: Guard) -> Iterable[Route]:
    """The routes of the remote control. Call it off the screens' thread."""
    remote = dispatcher.ask(lambda: _Remote(agent, screens))
    api = _RemoteApi(remote, dispatcher)
    yield Route("POST", "/v1/demo/tap", api.tap, guard)
    yield Route("POST", "/v1/demo/type", api.type, guard)
    yield Route("GET", "/v1/demo/screen", api.screen, guard)
    yield Route("GET", "/v1/demo/state", api.state, guard)


class _RemoteApi:
    def __init__(self, remote: _Remote, dispatcher: QtDispatcher) -> None:
        self._remote, self._dispatcher = remote, dispatcher

    def tap(self, request: Request) -> Reply:
        name = text_field(request.body, "object")
        deadline = time.monotonic() + 2 * REST_S
        while True:
            pressed = self._dispatcher.ask(lambda: self._remote.tap(name))
            if pressed is Tap.DONE:
                return Reply({"tapped": name})
            if pressed is Tap.ABSENT:
                raise not_found()
            if pressed is Tap.BLOCKED or time.monotonic() > deadline:
                raise ApiError(
                    HTTPStatus.CONFLICT, "not_pressable", "지금은 누를 수 없어요.", "It cannot be pressed now."
                )
            time.sleep(REST_POLL_S)

    def type(self, request: Request) -> Reply:
        name, text = text_field(request.body, "object"), text_field(request.body, "text")
        if not self._dispatcher.ask(lambda: self._remote.type(name, text)):
            raise not_found()
        return Reply({"typed": name})

    def screen(self, request: Request) -> Reply:
        window = request.query.get("window", "counter")
        if window not in ("counter", "tablet", "popups"):
            raise invalid("invalid_field", "'window' 값을 확인해 주세요.", "counter, tablet or popups.")
        picture = self._dispatcher.ask(lambda: self._remote.picture(window))
        if picture is None:
            raise not_found()
        return Reply(picture, content_type="image/png")

    def state(self, _request: Request) -> Reply:
        return Reply(self._dispatcher.ask(self._remote.state))


class Tap(StrEnum):
    """What became of a press."""

    DONE = "done"
    ABSENT = "absent"
    BLOCKED = "blocked"
    RESTING = "resting"


@dataclass
class _Seen:
    rect: QRect
    since_s: float


class _Remote:
    """Lives on the screens' thread."""

    def __init__(self, agent: Agent, screens: Screens) -> None:
        self._agent, self._screens = agent, screens
        self._seen: dict[int, _Seen] = {}
        self._timer = QTimer()
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def tap(self, name: str) -> Tap:
        """A real press and release of the mouse on the visible widget of that name."""
        self._look()
        found = [widget for widget in _named() if widget.objectName() == name]
        if not found:
            return Tap.ABSENT
        # Of several cards the lowest is the one with the least time: the one a hand goes to.
        widget = max(found, key=lambda one: one.mapToGlobal(QPoint(0, 0)).y())
        window = widget.window()
        centre = widget.mapTo(window, widget.rect().center())
        receiver = window.childAt(centre) or window
        if not widget.isEnabled() or (receiver is not widget and not widget.isAncestorOf(receiver)):
            return Tap.BLOCKED
        seen = self._seen.get(id(widget))
        if seen is None or time.monotonic() - seen.since_s < REST_S:
            return Tap.RESTING
        _press(receiver, receiver.mapFrom(window, centre))
        return Tap.DONE

    def type(self, name: str, text: str) -> bool:
        found = [widget for widget in _named() if widget.objectName() == name]
        if not found:
            return False
        for letter in text:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(found[0], QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, letter))
        return True

    def picture(self, window: str) -> bytes | None:
        if window == "popups":
            return self._popups()
        found = self._screens.tablet if window == "tablet" else self._screens.counter
        if found is None or not found.isVisible():
            return None
        return _png(found.grab().toImage())

    def _popups(self) -> bytes | None:
        stack = self._screens.popups
        windows = [] if stack is None else [*stack.faces.values(), stack.pill]
        visible = [window for window in windows if window.isVisible()]
        if not visible:
            return None
        area = QRect()
        for window in visible:
            area = area.united(window.geometry())
        area.adjust(-16, -16, 16, 16)
        image = QImage(area.size(), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(self._screens.theme.color("bg"))
        painter = QPainter(image)
        for window in visible:
            painter.drawPixmap(window.geometry().topLeft() - area.topLeft(), window.grab())
        painter.end()
        return _png(image)

    def state(self) -> dict[str, Any]:
        """What every view-model shows, and beside it the two figures that scripts ask for."""
        screens, agent = self._screens, self._agent
        tablet = to_json(screens.tablet_vm.state) if screens.tablet_vm else {}
        figure = _POINTS.search(str(tablet.get("figure", "")))
        tablet["points"] = int(figure.group(1).replace(",", "")) if figure else None
        tablet["offer"] = to_json(agent.earn.offer())
        popups = to_json(screens.approval_vm.state) if screens.approval_vm else {}
        return {
            "counter": {
                "page": screens.main.current_page if screens.main else "enroll",
                "link": to_json(screens.link_vm.state) if screens.link_vm else None,
                "home": to_json(screens.home_vm.state) if screens.home_vm else None,
                "paper": to_json(screens.paper_vm.panel) if screens.paper_vm else None,
                "enroll": to_json(screens.enroll_vm.state) if screens.enroll_vm else None,
            },
            "tablet": tablet,
            "popups": {"stack": popups, "cards": to_json(agent.approval.pending())},
        }

    def _look(self) -> None:
        """Remember since when each named widget stands where it stands."""
        now_s = time.monotonic()
        fresh: dict[int, _Seen] = {}
        for widget in _named():
            rect = QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())
            seen = self._seen.get(id(widget))
            fresh[id(widget)] = seen if seen is not None and seen.rect == rect else _Seen(rect, now_s)
        self._seen = fresh


def _named() -> list[QWidget]:
    return [widget for widget in QApplication.allWidgets() if widget.objectName() and widget.isVisible()]


def _press(widget: QWidget, at: QPoint) -> None:
    spot, on_screen = QPointF(at), QPointF(widget.mapToGlobal(at))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, buttons in ((QEvent.Type.MouseButtonPress, left), (QEvent.Type.MouseButtonRelease, none)):
        event = QMouseEvent(kind, spot, on_screen, left, buttons, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(widget, event)


def _png(image: QImage) -> bytes:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(content.data())
