"""Owns the icons: Lucide SVG files (assets/icons), drawn in any colour and size, and kept as pixmaps."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from agent.assets import asset_path

_KEPT_MAX = 600  # pixmaps of at most a few kilobytes each


class Icons:
    """A cache of tinted icons. Belongs to the theme, so that every control shares it."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}
        self._pixmaps: dict[tuple[str, int, int, float, float], QPixmap] = {}

    def pixmap(self, name: str, size: int, color: QColor, dpr: float = 1.0, stroke: float = 2.0) -> QPixmap:
        """The icon ``name`` as a square of ``size`` logical px. Raises FileNotFoundError for an unknown name."""
        key = (name, size, color.rgba(), dpr, stroke)
        found = self._pixmaps.get(key)
        if found is not None:
            return found
        if len(self._pixmaps) >= _KEPT_MAX:
            self._pixmaps.clear()
        renderer = self._renderer(name, color, stroke)
        pixmap = QPixmap(round(size * dpr), round(size * dpr))
        pixmap.setDevicePixelRatio(dpr)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        self._pixmaps[key] = pixmap
        return pixmap

    def paint(self, painter: QPainter, name: str, x: float, y: float, size: int, color: QColor) -> None:
        """Draw the icon with its upper left corner at (x, y), sharp on the painter's device."""
        pixmap = self.pixmap(name, size, color, painter.device().devicePixelRatio())
        painter.drawPixmap(round(x), round(y), pixmap)

    def _renderer(self, name: str, color: QColor, stroke: float) -> QSvgRenderer:
        source = self._sources.get(name)
        if source is None:
            source = asset_path(f"icons/{name}.svg").read_text(encoding="utf-8")
            self._sources[name] = source
        tinted = source.replace("currentColor", color.name()).replace('stroke-width="2"', f'stroke-width="{stroke:g}"')
        return QSvgRenderer(QByteArray(tinted.encode()))
