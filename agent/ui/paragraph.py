"""Owns text of several lines inside layouts: a label that may be as high as its words need."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy

from agent.ui.controls import Label
from agent.ui.theme import Theme


def paragraph(
    theme: Theme,
    style: str = "body",
    *,
    text: str = "",
    color: str = "ink2",
    weight: int | None = None,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> Label:
    """A wrapped label whose height follows its width; a fixed height would cut a line that broke."""
    label = Label(theme, text, style, color=color, weight=weight, align=align, wrap=True)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label
