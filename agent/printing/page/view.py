"""Owns what stands on the page of the printers: the printers themselves, or a screen that was opened from there."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QStackedWidget, QWidget

from agent.printing.doctor.viewmodel import DoctorViewModel
from agent.printing.editor.viewmodel import SlipEditorViewModel
from agent.printing.listening.viewmodel import ListeningViewModel
from agent.printing.places import FRONT
from agent.printing.rooms.viewmodel import RoomsViewModel
from agent.printing.view import PrintingView
from agent.printing.viewmodel import PrintingViewModel
from agent.texts import Texts
from agent.ui.theme import Theme


class PrintersPage(QStackedWidget):
    """Each screen is built when it is first opened."""

    def __init__(
        self,
        vm: PrintingViewModel,
        editor: SlipEditorViewModel,
        doctor: DoctorViewModel,
        rooms: RoomsViewModel,
        listening: ListeningViewModel,
        theme: Theme,
        texts: Texts,
    ) -> None:
        super().__init__()
        self._printers = PrintingView(vm, theme, texts)
        self.addWidget(self._printers)
        self._built: dict[str, QWidget] = {}
        self._builders: dict[str, Callable[[], QWidget]] = {
            "slips": lambda: _editor(editor, theme, texts),
            "doctor": lambda: _doctor(doctor, theme, texts),
            "rooms": lambda: _rooms(rooms, theme, texts),
            "listening": lambda: _listening(listening, theme, texts),
        }
        vm.on_open = self._open
        editor.on_close = self._back
        doctor.on_close = self._leave_doctor
        rooms.on_close = self._back
        listening.on_close = self._back
        rooms.on_set_up = self._set_up
        self._doctor_vm, self._from_rooms = doctor, False

    def _open(self, screen: str) -> None:
        if screen not in self._built:
            self._built[screen] = self._builders[screen]()
            self.addWidget(self._built[screen])
        self.setCurrentWidget(self._built[screen])

    def _set_up(self, place: str) -> None:
        self._doctor_vm.place, self._from_rooms = place, True
        self._open("doctor")

    def _leave_doctor(self) -> None:
        """Back to where it was opened from; opened from the printers, it is for the front one."""
        back_to_rooms, self._from_rooms = self._from_rooms, False
        self._doctor_vm.place = FRONT
        if back_to_rooms:
            self._open("rooms")
        else:
            self._back()

    def _back(self) -> None:
        self.setCurrentWidget(self._printers)


def _editor(vm: SlipEditorViewModel, theme: Theme, texts: Texts) -> QWidget:
    from agent.printing.editor.view import SlipEditorView

    return SlipEditorView(vm, theme, texts)


def _doctor(vm: DoctorViewModel, theme: Theme, texts: Texts) -> QWidget:
    from agent.printing.doctor.strip import strip_picture
    from agent.printing.doctor.view import DoctorView

    return DoctorView(vm, theme, texts, strip_picture)


def _rooms(vm: RoomsViewModel, theme: Theme, texts: Texts) -> QWidget:
    from agent.printing.rooms.view import RoomsView

    return RoomsView(vm, theme, texts)


def _listening(vm: ListeningViewModel, theme: Theme, texts: Texts) -> QWidget:
    from agent.printing.listening.view import ListeningView

    return ListeningView(vm, theme, texts)
