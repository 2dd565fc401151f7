"""Owns the screen of several printers: places on the left, kinds of slips and their printers on the right."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.printing.rooms.viewmodel import RoomRow, RoomsViewModel
from agent.printing.view import TONE_INKS
from agent.texts import Texts
from agent.ui.controls import Button, Control, Disc, IconButton, IconView, Label, Select, Strip, Tile
from agent.ui.page import Page
from agent.ui.paragraph import paragraph
from agent.ui.theme import Theme


class RoomsView(Page):
    def __init__(self, vm: RoomsViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(vm, theme, parent)
        self._vm = vm
        self.setObjectName("rooms")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(16)
        self.back = IconButton(theme, "arrow-left", texts._("Back to the printers"))
        self.back.setObjectName("rooms.back")
        self.back.clicked.connect(vm.close)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.back)
        head.addWidget(Label(theme, texts._("Printers and their slips"), "page"))
        head.addStretch(1)
        self.said = Strip(theme)
        self.said.setObjectName("rooms.said")
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addLayout(self._build_rooms(theme, texts), 1)
        body.addLayout(self._build_routes(theme, texts), 1)
        self._column.addLayout(head)
        self._column.addWidget(self.said)
        self._column.addLayout(body)
        self._column.addStretch(1)
        vm.on_change = self.render_state
        self.render_state()

    def _build_rooms(self, theme: Theme, texts: Texts) -> QVBoxLayout:
        self._rooms_column = QVBoxLayout()
        self._rooms_column.setSpacing(12)
        self._theme, self._texts = theme, texts
        self._rooms: dict[str, RoomTile] = {}
        return self._rooms_column

    def _build_routes(self, theme: Theme, texts: Texts) -> QVBoxLayout:
        column = QVBoxLayout()
        self._sheet = Tile(theme)
        self._rows = QVBoxLayout(self._sheet)
        self._rows.setContentsMargins(16, 12, 16, 12)
        self._rows.setSpacing(0)
        self._rows.addWidget(Label(theme, texts._("What comes out where"), "section"))
        self.hint = paragraph(theme)
        self.hint.setObjectName("rooms.hint")
        self._rows.addWidget(self.hint)
        self._routes: dict[str, tuple[QWidget, Select]] = {}
        column.addWidget(self._sheet)
        column.addStretch(1)
        return column

    def render_state(self) -> None:
        state = self._vm.state
        self.said.show_as(state.said, icon="circle-check", tone="green")
        self.said.setVisible(bool(state.said))
        for room in state.rooms:
            if room.place not in self._rooms:
                self._rooms[room.place] = RoomTile(self._vm, self._theme, self._texts, room.place)
                self._rooms_column.addWidget(self._rooms[room.place])
            self._rooms[room.place].show_room(room)
        self.hint.set_text(state.hint)
        self.hint.setVisible(bool(state.hint))
        for route in state.routes:
            if route.kind not in self._routes:
                self._add_route(route.kind, route.name)
            select = self._routes[route.kind][1]
            select.set_options(state.choices)
            select.set_current(route.place)
        for row, _select in self._routes.values():
            row.setVisible(bool(state.routes))

    def _add_route(self, kind: str, name: str) -> None:
        row = _Row(self._theme)
        inside = QHBoxLayout(row)
        inside.setContentsMargins(0, 8, 0, 8)
        inside.addWidget(Label(self._theme, name, "body", weight=600, elide=True), 1)
        select = Select(self._theme, self._vm.state.choices, "")
        select.setObjectName(f"rooms.route.{kind}")
        select.setAccessibleName(name)
        select.chosen.connect(lambda place, of=kind: self._vm.choose(of, place))
        inside.addWidget(select)
        self._rows.addWidget(row)
        self._routes[kind] = (row, select)

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() < 1100
        self._column.setContentsMargins(*((16, 12, 16, 12) if narrow else (24, 20, 24, 20)))
        super().resizeEvent(event)


class _Row(Control):
    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, self.theme.color("line"))


class RoomTile(Tile):
    """A place: its printer in words, and what can be done with it."""

    def __init__(self, vm: RoomsViewModel, theme: Theme, texts: Texts, place: str) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        self.name = Label(theme, "", "section", elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        self.icon = IconView(theme, "minus", 20)
        self.word = Label(theme, "", "body", weight=700)
        names = QVBoxLayout()
        names.setSpacing(0)
        names.addWidget(self.name)
        names.addWidget(self.line)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(Disc(theme, icon="printer", size=44))
        head.addLayout(names, 1)
        head.addWidget(self.icon)
        head.addWidget(self.word)
        self.take_away = Button(theme, texts._("Take away"), kind="third", size="small")
        self.test = Button(theme, texts._("Print a test page"), size="small")
        self.set_up = Button(theme, "", size="small", icon="wrench")
        for name, button, act in (
            ("take_away", self.take_away, vm.take_away),
            ("test", self.test, vm.test),
            ("set_up", self.set_up, vm.set_up),
        ):
            button.setObjectName(f"rooms.{name}.{place}")
            button.clicked.connect(lambda _checked=False, press=act: press(place))
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        for button in (self.take_away, self.test, self.set_up):
            foot.addWidget(button)
        column.addLayout(head)
        column.addLayout(foot)

    def show_room(self, room: RoomRow) -> None:
        self.name.set_text(room.name)
        self.line.set_text(room.line)
        self.icon.set_icon(room.icon, TONE_INKS[room.tone])
        self.word.set_text(room.word)
        self.word.set_color(TONE_INKS[room.tone])
        self.icon.setVisible(room.has_printer)
        self.test.setVisible(room.has_printer)
        self.take_away.setVisible(room.can_take_away)
        self.set_up.setText(room.set_up_label)
