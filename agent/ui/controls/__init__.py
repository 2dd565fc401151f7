"""Painted controls; each file owns one family. Import from here."""

from agent.ui.controls.area import PaperPicture, TextArea
from agent.ui.controls.base import Control, FocusRing, PressControl, mapped_rect
from agent.ui.controls.button import (
    Button,
    FilterChip,
    IconButton,
    SegmentedControl,
    Switch,
    paint_badge,
)
from agent.ui.controls.field import Input, Menu, Select, Toast, ToastHost
from agent.ui.controls.label import Disc, IconView, Label, Span
from agent.ui.controls.marks import Chip, CountdownRing, StatusPill, Tone
from agent.ui.controls.surface import Dialog, Ground, Hint, Line, ListRow, Scroll, Strip, StripAction, Tile

__all__ = [
    "Button",
    "Chip",
    "Control",
    "CountdownRing",
    "Dialog",
    "Disc",
    "FilterChip",
    "FocusRing",
    "Ground",
    "Hint",
    "IconButton",
    "IconView",
    "Input",
    "Label",
    "Line",
    "ListRow",
    "Menu",
    "PaperPicture",
    "PressControl",
    "Scroll",
    "SegmentedControl",
    "Select",
    "Span",
    "StatusPill",
    "Strip",
    "StripAction",
    "Switch",
    "TextArea",
    "Tile",
    "Toast",
    "ToastHost",
    "Tone",
    "mapped_rect",
    "paint_badge",
]
