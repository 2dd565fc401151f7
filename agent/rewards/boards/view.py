"""Owns how the boards look: a tile each for coupons, points and stamps, and the latest coupons below."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from agent.rewards.boards.viewmodel import BoardsViewModel
from agent.rewards.listing.view import Rows
from agent.rewards.state import BoardTile, Box
from agent.texts import Texts
from agent.ui.controls import IconView, Label, Line, Tile
from agent.ui.theme import Theme


class _BoxView(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.word = Label(theme, "", "caption", color="ink2", elide=True)
        self.figure = Label(theme, "", "section", weight=700, elide=True)
        self.remark = Label(theme, "", "caption", color="ink3", elide=True)
        for label in (self.word, self.figure, self.remark):
            column.addWidget(label)

    def render_box(self, box: Box) -> None:
        self.word.set_text(box.word)
        self.figure.set_text(box.figure)
        self.remark.set_text(box.remark)


class BoardTileView(Tile):
    """Four boxes, five names, and what the tiers give."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(10)
        head = QHBoxLayout()
        head.setSpacing(8)
        self.icon = IconView(theme, "ticket", 20, "ink2")
        self.title = Label(theme, "", "section", elide=True)
        head.addWidget(self.icon)
        head.addWidget(self.title, 1)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        self.boxes = [_BoxView(theme) for _ in range(4)]
        for place, box in enumerate(self.boxes):
            grid.addWidget(box, place // 2, place % 2)
            grid.setColumnStretch(place % 2, 1)
        column.addLayout(grid)
        column.addWidget(Line(theme))
        self.head = Label(theme, "", "caption", weight=600, color="ink2", elide=True)
        column.addWidget(self.head)
        self.top = Rows(theme, inset=0)
        column.addWidget(self.top)
        self.note = Label(theme, "", "body", color="ink3", elide=True)
        column.addWidget(self.note)
        column.addStretch(1)
        self.foot = Label(theme, "", "caption", color="ink2", wrap=True)
        column.addWidget(self.foot)

    def render_tile(self, tile: BoardTile) -> None:
        self.icon.set_icon(tile.icon)
        self.title.set_text(tile.title)
        for view, box in zip(self.boxes, tile.boxes, strict=True):
            view.render_box(box)
        self.head.set_text(tile.head)
        self.top.render_rows(tile.top)
        for label, words in ((self.note, tile.note), (self.foot, tile.foot)):
            label.set_text(words)
            label.setVisible(bool(words))


class BoardsView(QWidget):
    """Renders ``vm.state``; decides nothing."""

    def __init__(self, vm: BoardsViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vm, self._texts, self._theme = vm, texts, theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        self.as_of = Label(theme, "", "caption", color="ink3", elide=True, align=Qt.AlignmentFlag.AlignRight)
        column.addWidget(self.as_of)
        self.note = Label(theme, "", "body", color="ink2", wrap=True)
        column.addWidget(self.note)
        self._tiles: list[BoardTileView] = []
        self._row = QHBoxLayout()
        self._row.setSpacing(12)
        column.addLayout(self._row)
        self.log = Tile(theme)
        inside = QVBoxLayout(self.log)
        inside.setContentsMargins(0, 14, 0, 8)
        inside.setSpacing(4)
        self.log_title = Label(theme, "", "section", elide=True)
        self.lines = Rows(theme)
        head = QHBoxLayout()
        head.setContentsMargins(16, 0, 16, 0)  # a label paints from its edge, whatever its own margins
        head.addWidget(self.log_title)
        inside.addLayout(head)
        inside.addWidget(self.lines)
        column.addWidget(self.log)
        column.addStretch(1)
        vm.on_change = self.render_state
        self.render_state()

    def render_state(self) -> None:
        state = self._vm.state
        self.as_of.set_text(state.as_of)
        self.as_of.set_color("amber_ink" if state.stale else "ink3")
        self.as_of.setVisible(bool(state.as_of))
        self.note.set_text(state.note)
        self.note.setVisible(bool(state.note))
        while len(self._tiles) < len(state.tiles):
            made = BoardTileView(self._theme)
            self._tiles.append(made)
            self._row.addWidget(made, 1)
        for index, view in enumerate(self._tiles):
            view.setVisible(index < len(state.tiles))
            if index < len(state.tiles):
                view.render_tile(state.tiles[index])
        self.log.setVisible(bool(state.log))
        self.log_title.set_text(state.log_title)
        self.lines.render_rows(state.log)
