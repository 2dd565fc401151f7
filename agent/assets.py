"""Owns where bundled files (fonts, icons, catalogues) are found: beside the source, or inside a frozen build."""

from __future__ import annotations

import sys
from pathlib import Path


def assets_folder() -> Path:
    """The folder ``assets`` of this installation."""
    frozen = getattr(sys, "_MEIPASS", None)
    base = Path(frozen) if frozen else Path(__file__).resolve().parent.parent
    return base / "assets"


def asset_path(name: str) -> Path:
    """The file ``assets/<name>``, for example ``icons/check.svg``. Raises FileNotFoundError when it was not shipped."""
    path = assets_folder() / name
    if not path.exists():
        raise FileNotFoundError(f"asset not shipped: {name}")
    return path
