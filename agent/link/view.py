"""Owns the status pill on the screen."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from agent.link.viewmodel import LinkViewModel
from agent.ui.controls import StatusPill
from agent.ui.theme import Theme


class LinkPill(StatusPill):
    """Renders a ``LinkViewModel``; pressing it is up to the window that holds it."""

    def __init__(self, vm: LinkViewModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("header.status")
        self.vm = vm
        vm.on_change = self.render_state
        self.render_state()

    def render_state(self) -> None:
        state = self.vm.state
        self.show_as(state.text, state.icon, state.tone)
        self.setToolTip(state.detail)
