"""Owns the header: logo, shop, the one status pill, grade, bell and who is on duty."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from agent.shell.viewmodel import BellLine, HeaderState
from agent.texts import Texts
from agent.ui.controls import (
    Chip,
    Disc,
    Ground,
    IconButton,
    IconView,
    Label,
    Line,
    Menu,
    PressControl,
    StatusPill,
)
from agent.ui.logo import Logo
from agent.ui.paint import rounded
from agent.ui.theme import Theme

HEIGHT = 56
ROOMY_FROM = 1280  # below: no word mark, no grade, no service type


class StaffCapsule(PressControl):
    """Who is on duty: letter, name, role. Pressed, it asks who takes over."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.focus_radius = 22
        self.setObjectName("header.staff")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 16, 0)
        row.setSpacing(8)
        self.disc = Disc(theme, size=32)
        self.name = Label(theme, "", "body", weight=600)
        self.role = Label(theme, "", "caption", color="ink3")
        for part in (self.disc, self.name, self.role):
            row.addWidget(part)
        self.setFixedHeight(44)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_staff(self, name: str, role: str, *, with_role: bool) -> None:
        self.disc.show_as(letter=name[1:2] or name[:1])
        self.name.set_text(name)
        self.role.set_text(role)
        self.role.setVisible(with_role and bool(role))
        self.setAccessibleName(name)
        self.setVisible(bool(name))

    def paintEvent(self, _event: QPaintEvent) -> None:
        ground = self.theme.color("pressed" if self.isDown() else "surface")
        rounded(QPainter(self), self.rect(), 22, ground, self.theme.color("line"))

    def sizeHint(self) -> QSize:
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class Header(Ground):
    page_pressed = Signal(str)
    line_pressed = Signal(object)  # a BellLine
    status_pressed = Signal()
    staff_pressed = Signal()

    def __init__(self, theme: Theme, texts: Texts, pill: StatusPill, parent: QWidget | None = None) -> None:
        super().__init__(theme, "surface", line="bottom", parent=parent)
        self._texts = texts
        self._state = HeaderState()
        self._bell_shown: tuple[BellLine, ...] = ()
        self.setFixedHeight(HEIGHT)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 16, 1)
        row.setSpacing(12)
        row.addWidget(Logo(theme))
        self.mark = Label(theme, "WithFoM", "section")
        self.divider = Line(theme, vertical=True)
        self.divider.setFixedHeight(24)
        self.shop_disc = Disc(theme, size=28, tone="shop")
        self.shop = Label(theme, "", "section", weight=600, elide=True)
        self.plan = Chip(theme, "")
        self.grade_icon = IconView(theme, "award", 20)
        self.grade = Label(theme, "", "body", weight=500, color="ink2")
        self.service = Label(theme, "", "body", weight=500, color="ink2")
        self.pill = pill
        self.bell = IconButton(theme, "bell", texts._("Notices"))
        self.bell.setObjectName("header.bell")
        self.staff = StaffCapsule(theme)
        row.addWidget(self.mark)
        row.addSpacing(4)
        row.addWidget(self.divider)
        row.addSpacing(4)
        row.addWidget(self.shop_disc)
        row.addWidget(self.shop, 1)
        row.addWidget(self.plan)
        row.addStretch(100)
        row.addWidget(pill)
        row.addSpacing(4)
        row.addWidget(self.grade_icon)
        row.addSpacing(-6)
        row.addWidget(self.grade)
        row.addSpacing(4)
        row.addWidget(self.service)
        row.addSpacing(4)
        row.addWidget(self.bell)
        row.addWidget(self.staff)
        self.bell.clicked.connect(self._open_bell)
        self.staff.clicked.connect(self.staff_pressed.emit)
        pill.clicked.connect(self.status_pressed.emit)

    def retext(self) -> None:
        self.bell.setAccessibleName(self._texts._("Notices"))
        self.bell.setToolTip(self._texts._("Notices"))

    def render_header(self, state: HeaderState) -> None:
        self._state = state
        self.shop_disc.show_as(letter=state.letter, tone="shop")
        self.shop.set_text(state.shop)
        self.plan.show_as(state.plan)
        self.grade.set_text(state.grade)
        self.service.set_text(state.service)
        self.bell.set_count(state.bell)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        """Leave out what matters least before anything is cut."""
        state, roomy = self._state, self.width() >= ROOMY_FROM
        named = bool(state.shop)
        self.mark.setVisible(roomy or not named)
        for part in (self.divider, self.shop_disc, self.shop):
            part.setVisible(named)
        self.shop.setFixedWidth(min(self.shop.needed_width() + 2, 320 if roomy else 220))
        self.plan.setVisible(named and bool(state.plan))
        self.grade_icon.setVisible(roomy and bool(state.grade))
        self.grade.setVisible(roomy and bool(state.grade))
        self.service.setVisible(roomy and bool(state.service))
        self.staff.show_staff(state.staff.name, state.staff.role, with_role=roomy)

    def _open_bell(self) -> None:
        lines = self._bell_shown = self._state.bell_lines  # what is pressed is what stood there
        options = [(str(index), line.words) for index, line in enumerate(lines)]
        if not options:
            options = [("", self._texts._("Nothing is waiting"))]
        Menu(self.theme, options, "none", self._take, self).open_below(self.bell, align_right=True)

    def _take(self, key: str) -> None:
        if key:
            line = self._bell_shown[int(key)]
            self.line_pressed.emit(line)
            self.page_pressed.emit(line.page)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, HEIGHT)
