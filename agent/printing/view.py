"""Owns the page "Printers & devices": state in words, what to do about it, and the queue."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from agent.printing.viewmodel import DeviceCard, JobRow, JobStep, PrintingViewModel
from agent.printing.words import Tone
from agent.texts import Texts
from agent.ui.controls import Button, Chip, Control, Disc, IconView, Label, Strip, Tile
from agent.ui.page import TickingPage
from agent.ui.paragraph import paragraph
from agent.ui.rows import RowList
from agent.ui.theme import Theme

ROW_HEIGHT = 72
_TICK_MS = 1_000
TONE_INKS = {Tone.GOOD: "green_ink", Tone.SOON: "amber_ink", Tone.BAD: "red_ink", Tone.QUIET: "ink2"}


class PrintingView(TickingPage):
    def __init__(self, vm: PrintingViewModel, theme: Theme, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(vm, theme, every_ms=_TICK_MS, parent=parent)
        self._vm, self._texts = vm, texts
        self.setObjectName("printing")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(16)
        self.warning = Strip(theme)
        self.warning.setObjectName("printing.warning")
        self.said = Strip(theme)
        self.said.setObjectName("printing.said")
        self._devices, self._queue = _Devices(theme, vm), _Queue(theme, vm, texts)
        below = QHBoxLayout()
        below.setSpacing(16)
        below.addWidget(self._devices)
        below.addWidget(self._queue, 1)
        self._column.addWidget(self.warning)
        self._column.addWidget(self.said)
        self._column.addLayout(below, 1)
        vm.on_change = self.render_state
        self.render_state()

    def render_state(self) -> None:
        state = self._vm.state
        self.warning.show_as(
            state.warning,
            icon="triangle-alert",
            tone="red",
            remark=self._texts._("Nothing is lost: what waits prints by itself."),
        )
        self.warning.setVisible(bool(state.warning))
        self.said.show_as(state.said, icon="circle-check", tone="green")
        self.said.setVisible(bool(state.said))
        self._devices.render_state()
        self._queue.render_state()

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.width() < 1100
        self._column.setContentsMargins(*((16, 12, 16, 12) if narrow else (24, 20, 24, 20)))
        self._devices.setFixedWidth(356 if narrow else 440)
        super().resizeEvent(event)


class _Devices(QWidget):
    """Printers, then the listener at the POS, then the one main button."""

    def __init__(self, theme: Theme, vm: PrintingViewModel) -> None:
        super().__init__()
        self._theme, self._vm = theme, vm
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(12)
        self._printers: list[_DeviceTile] = []
        self.none = _DeviceTile(theme, "printer")
        self.none.setObjectName("printing.no_printer")
        self.capture = _DeviceTile(theme, "receipt-text")
        self.capture.setObjectName("printing.capture")
        self.capture.add_button("printing.capture.set_up", vm.open_capture)
        self.test = Button(theme, "", kind="main", size="page", icon="printer")
        self.test.setObjectName("printing.test")
        self.test.clicked.connect(vm.print_test)
        column.addLayout(self._cards)
        column.addWidget(self.none)
        column.addWidget(self.capture)
        self.set_up = Button(theme, "", size="page", icon="wrench")
        self.set_up.setObjectName("printing.set_up")
        self.set_up.clicked.connect(vm.open_doctor)
        column.addStretch(1)
        self._ends = QHBoxLayout()
        self._ends.setSpacing(8)
        self._ends.addWidget(self.set_up)
        self._ends.addWidget(self.test, 1)
        column.addLayout(self._ends)

    def render_state(self) -> None:
        state = self._vm.state
        while len(self._printers) < len(state.printers):
            tile = _DeviceTile(self._theme, "printer")
            tile.setObjectName(f"printing.printer.{len(self._printers)}")
            self._printers.append(tile)
            self._cards.addWidget(tile)
        for index, tile in enumerate(self._printers):
            tile.setVisible(index < len(state.printers))
            if index < len(state.printers):
                tile.show_card(state.printers[index])
        self.none.setVisible(bool(state.no_printer))
        self.none.show_sentence(state.no_printer)
        self.capture.setVisible(state.capture is not None)
        if state.capture is not None:
            self.capture.show_card(state.capture)
            self.capture.show_button(state.capture_label)
        self.test.setText(state.test_label)
        self.test.setVisible(bool(state.printers))
        self.test.setEnabled(state.can_test)
        self.set_up.setText(state.set_up_label)
        self.set_up.set_kind("second" if state.printers else "main")


class _DeviceTile(Tile):
    """Name and address, the state as the largest word, then what a person can do."""

    def __init__(self, theme: Theme, icon: str) -> None:
        super().__init__(theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(12)
        self.disc = Disc(theme, icon=icon, size=44)
        names = QVBoxLayout()
        names.setSpacing(0)
        self.name = Label(theme, "", "section", elide=True)
        self.address = Label(theme, "", "caption", color="ink2", elide=True)
        names.addWidget(self.name)
        names.addWidget(self.address)
        self.note = Chip(theme, "")
        head.addWidget(self.disc)
        head.addLayout(names, 1)
        state = QHBoxLayout()
        state.setSpacing(8)
        self.icon = IconView(theme, "circle-check", 24)
        self.word = Label(theme, "", "reward")
        state.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignVCenter)
        state.addWidget(self.word, 1)
        state.addWidget(self.note, 0, Qt.AlignmentFlag.AlignVCenter)
        self.next_step = paragraph(theme)
        column.addLayout(head)
        column.addLayout(state)
        self._foot = QHBoxLayout()
        self._foot.setSpacing(12)
        self._foot.addWidget(self.next_step, 1)
        column.addLayout(self._foot)
        self._button: Button | None = None

    def add_button(self, name: str, press: Callable[[], None]) -> None:
        """The one thing a person can do right here."""
        self._button = Button(self.theme, "", size="small")
        self._button.setObjectName(name)
        self._button.clicked.connect(press)
        self._foot.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_button(self, label: str) -> None:
        if self._button is not None:
            self._button.setText(label)

    def show_card(self, card: DeviceCard) -> None:
        self.name.set_text(card.name)
        self.address.set_text(card.address)
        self.address.setVisible(bool(card.address))
        self.note.show_as(card.note)
        self.note.setVisible(bool(card.note))
        self.icon.set_icon(card.icon, TONE_INKS[card.tone])
        self.icon.setVisible(True)
        self.word.set_text(card.word)
        self.word.set_color(TONE_INKS[card.tone])
        self.next_step.set_text(card.next_step)

    def show_sentence(self, sentence: str) -> None:
        for part in (self.disc, self.name, self.address, self.note, self.icon, self.word):
            part.setVisible(False)
        self.next_step.set_text(sentence)


class _Queue(Tile):
    """What waits and what came out, newest first; each row with its one next step."""

    def __init__(self, theme: Theme, vm: PrintingViewModel, texts: Texts) -> None:
        super().__init__(theme)
        self._vm = vm
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 1, 12)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(16, 8, 8, 8)
        head.setSpacing(8)
        self.closing = Button(theme, texts._("Closing slip"), size="small", icon="scroll-text")
        self.closing.setObjectName("printing.closing")
        self.closing.clicked.connect(vm.print_closing)
        self.slips = Button(theme, texts._("Slips"), size="small", icon="pencil")
        self.slips.setObjectName("printing.slips")
        self.slips.clicked.connect(vm.open_slips)
        head.addWidget(Label(theme, texts._("Print queue"), "section"))
        head.addStretch(1)
        head.addWidget(self.closing)
        head.addWidget(self.slips)
        column.addLayout(head)
        self.rows: RowList[JobRow, JobRowView] = RowList(
            theme,
            ROW_HEIGHT,
            make_row=lambda parent, _press: JobRowView(theme, vm.step, parent),
            fill_row=lambda row, content, _chosen: row.show_job(content),
            on_choose=lambda _key: None,
        )
        self.empty = paragraph(theme, align=Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.rows, 1)
        self.spare = QWidget()
        around = QHBoxLayout(self.spare)
        around.setContentsMargins(24, 40, 24, 0)
        around.addWidget(self.empty)
        column.addWidget(self.spare)
        column.addStretch(0)

    def render_state(self) -> None:
        state = self._vm.state
        self.closing.setVisible(bool(state.printers))
        self.closing.setEnabled(state.can_test)
        self.rows.setVisible(bool(state.jobs))
        self.rows.show_rows(state.jobs, "")
        self.spare.setVisible(not state.jobs)
        self.empty.set_text(state.no_jobs)


class JobRowView(Control):
    def __init__(self, theme: Theme, step: Callable[[str], None], parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._job_id = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 1, 16, 0)
        row.setSpacing(12)
        self.time = Label(theme, "", "body", color="ink2")
        self.time.setFixedWidth(44)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = Label(theme, "", "body", weight=700, elide=True)
        self.line = Label(theme, "", "caption", color="ink2", elide=True)
        words.addStretch(1)
        words.addWidget(self.title)
        words.addWidget(self.line)
        words.addStretch(1)
        self.chip = Chip(theme, "")
        self.step = Button(theme, "", kind="second", size="small")
        self.step.clicked.connect(lambda: step(self._job_id))
        row.addWidget(self.time)
        row.addLayout(words, 1)
        row.addWidget(self.chip)
        row.addWidget(self.step)

    def show_job(self, job: JobRow) -> None:
        self._job_id = job.job_id
        self.setObjectName(f"printing.job.{job.job_id}")
        self.step.setObjectName(f"printing.step.{job.job_id}")
        self.time.set_text(job.time)
        self.title.set_text(job.title)
        self.line.set_text(job.line)
        tone = {Tone.GOOD: "green", Tone.SOON: "amber", Tone.BAD: "red", Tone.QUIET: "neutral"}[job.tone]
        self.chip.show_as(job.word, icon=job.icon, tone=tone)  # type: ignore[arg-type]
        self.step.setText(job.step_label)
        self.step.setVisible(job.step is not JobStep.NONE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, self.theme.color("line"))
