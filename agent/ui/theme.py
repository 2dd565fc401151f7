"""Owns every colour, size, radius and font of the agent; light and dark. Nothing else names a hex value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from PySide6.QtCore import QByteArray
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication

from agent.assets import asset_path
from agent.ui.icons import Icons

Mode = Literal["light", "dark"]
FAMILY = "Pretendard"
_FONT_FILES = ("Regular", "Medium", "SemiBold", "Bold", "ExtraBold")


@dataclass(frozen=True)
class Tokens:
    """Colours by meaning. Every pair used for text keeps a contrast of 4.5 (tests/agent/ui/test_theme.py)."""

    bg: str
    surface: str
    sunken: str
    line: str
    edge: str
    ink: str
    ink2: str
    ink3: str
    green: str
    green_hover: str
    green_soft: str
    green_ink: str
    amber: str
    amber_soft: str
    amber_ink: str
    red: str
    red_soft: str
    red_ink: str
    on_green: str
    on_red: str
    on_ink: str
    raised: str
    pressed: str
    scrim: str
    scrim_percent: int
    avatar: str
    on_avatar: str


LIGHT = Tokens(
    bg="#F6F4EF",
    surface="#FFFFFF",
    sunken="#EFECE5",
    line="#E2DED5",
    edge="#8A8478",
    ink="#1D1B17",
    ink2="#514D45",
    ink3="#6B665C",
    green="#0B7A4B",
    green_hover="#08663E",
    green_soft="#E4F2EA",
    green_ink="#0A6B42",
    amber="#C27803",
    amber_soft="#FDF2DC",
    amber_ink="#7E4A00",
    red="#C2362C",
    red_soft="#FBEAE7",
    red_ink="#AE2A21",
    on_green="#FFFFFF",
    on_red="#FFFFFF",
    on_ink="#FFFFFF",
    raised="#FFFFFF",
    pressed="#EFECE5",
    scrim="#1D1B17",
    scrim_percent=46,
    avatar="#3A2A22",
    on_avatar="#F6E7D2",
)
DARK = Tokens(
    bg="#151411",
    surface="#1F1D19",
    sunken="#2A2822",
    line="#3A372F",
    edge="#7F7A6E",
    ink="#F5F2EB",
    ink2="#C6C1B5",
    ink3="#A09A8D",
    green="#3CBF80",
    green_hover="#52CE92",
    green_soft="#163527",
    green_ink="#66D9A0",
    amber="#E9A63A",
    amber_soft="#3A2C12",
    amber_ink="#F6C266",
    red="#E5685C",
    red_soft="#40201C",
    red_ink="#FF9C90",
    on_green="#06170E",
    on_red="#1C0604",
    on_ink="#151411",
    raised="#35322B",
    pressed="#3A372F",
    scrim="#000000",
    scrim_percent=60,
    avatar="#3A2A22",
    on_avatar="#F6E7D2",
)


@dataclass(frozen=True)
class TypeStyle:
    """One step of the type scale: size and line height in px, default weight, tracking in thousandths of an em."""

    px: int
    line: int
    weight: int
    tracking: int = 0
    tabular: bool = True


TYPE: dict[str, TypeStyle] = {
    # The counter.
    "caption": TypeStyle(13, 18, 500),
    "body": TypeStyle(15, 22, 400),
    "button": TypeStyle(17, 24, 600, -10),
    "section": TypeStyle(17, 24, 700, -10),
    "dialog": TypeStyle(20, 28, 700, -10),
    "reward": TypeStyle(22, 30, 700, -25),
    "page": TypeStyle(24, 32, 700, -25),
    "figure": TypeStyle(28, 36, 700, -25),
    "number": TypeStyle(32, 40, 700, -25),
    "entry": TypeStyle(44, 52, 700, -25),
    # The customer's tablet: nothing below 18.
    "t18": TypeStyle(18, 26, 500),
    "t22": TypeStyle(22, 32, 500, -10),
    "t26": TypeStyle(26, 36, 600, -25),
    "t28": TypeStyle(28, 38, 600, -25),
    "t32": TypeStyle(32, 42, 700, -25),
    "t40": TypeStyle(40, 52, 700, -25),
    "t56": TypeStyle(56, 72, 700, -25, tabular=False),
    "t_key": TypeStyle(44, 52, 600),
    "t_number": TypeStyle(60, 72, 700),
    "t_result": TypeStyle(160, 176, 800, -25, tabular=False),
}

# Spacing: 4 8 12 16 20 24 32 40 48 56 80, and corner radii by what they round.
RADIUS_KEYCAP = 6
RADIUS_SMALL = 10  # small button, nav row, hint
RADIUS_CONTROL = 12  # button, input, strip
RADIUS_CARD = 16  # card, tile
RADIUS_DIALOG = 20  # dialog, tablet button and key
RADIUS_TABLET_CARD = 24
TOUCH_MIN = 44


class Theme:
    """Tokens of the chosen mode, fonts of the scale and tinted icons. One object, handed to every control.

    Controls read it while painting: after ``set_mode`` a repaint of the windows is all that is needed.
    """

    def __init__(self, mode: Mode = "light", *, animations: bool = True) -> None:
        self.mode: Mode = mode
        self.tokens = LIGHT if mode == "light" else DARK
        self.animations = animations
        self.icons = Icons()
        self._colors = _colors(self.tokens)
        self._fonts: dict[tuple[str, int, bool], QFont] = {}
        self._metrics: dict[tuple[str, int], QFontMetricsF] = {}

    def set_mode(self, mode: Mode) -> None:
        """Change to light or dark and repaint every open window."""
        self.mode = mode
        self.tokens = LIGHT if mode == "light" else DARK
        self._colors = _colors(self.tokens)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(self.palette())
            for window in app.allWidgets():
                window.update()

    def color(self, token: str) -> QColor:
        """The colour of a token by name. Raises KeyError for a name that does not exist."""
        return self._colors[token]

    def font(self, style: str, weight: int | None = None, *, underline: bool = False) -> QFont:
        """The font of a step of the type scale, optionally heavier or lighter than usual."""
        step = TYPE[style]
        key = (style, weight or step.weight, underline)
        font = self._fonts.get(key)
        if font is None:
            font = QFont(FAMILY)
            font.setPixelSize(step.px)
            font.setWeight(QFont.Weight(key[1]))
            font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
            font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
            if step.tracking:
                font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, step.px * step.tracking / 1000)
            # Said also where it is off: a painter fills what a font leaves open from the application's font.
            font.setFeature(QFont.Tag("tnum"), int(step.tabular))
            font.setUnderline(underline)
            self._fonts[key] = font
        return font

    def metrics(self, style: str, weight: int | None = None) -> QFontMetricsF:
        """Cached metrics of ``font(style, weight)``."""
        key = (style, weight or TYPE[style].weight)
        found = self._metrics.get(key)
        if found is None:
            found = self._metrics[key] = QFontMetricsF(self.font(style, weight))
        return found

    def line_height(self, style: str) -> int:
        return TYPE[style].line

    def palette(self) -> QPalette:
        """The Qt palette for the few stock widgets (text fields, tooltips) that remain."""
        palette = QPalette()
        roles = {
            QPalette.ColorRole.Window: "bg",
            QPalette.ColorRole.WindowText: "ink",
            QPalette.ColorRole.Base: "surface",
            QPalette.ColorRole.Text: "ink",
            QPalette.ColorRole.Button: "surface",
            QPalette.ColorRole.ButtonText: "ink",
            QPalette.ColorRole.Highlight: "green",
            QPalette.ColorRole.HighlightedText: "on_green",
            QPalette.ColorRole.PlaceholderText: "ink3",
            QPalette.ColorRole.ToolTipBase: "surface",
            QPalette.ColorRole.ToolTipText: "ink",
        }
        for role, token in roles.items():
            palette.setColor(role, self.color(token))
        return palette

    def apply_to(self, app: QApplication) -> None:
        """Make this the application's look: the same base style on every system, our font and palette."""
        load_fonts()
        app.setStyle("Fusion")
        app.setFont(self.font("body"))
        app.setPalette(self.palette())


def _colors(tokens: Tokens) -> dict[str, QColor]:
    return {
        field.name: QColor(value) for field in fields(tokens) if isinstance(value := getattr(tokens, field.name), str)
    }


def load_fonts() -> None:
    """Register the bundled fonts with Qt; repeated calls do nothing. Raises FileNotFoundError when one is missing."""
    if FAMILY in QFontDatabase.families():
        return
    for name in _FONT_FILES:
        content = asset_path(f"fonts/Pretendard-{name}.otf").read_bytes()
        if QFontDatabase.addApplicationFontFromData(QByteArray(content)) < 0:
            raise OSError(f"Pretendard-{name}.otf is damaged")
