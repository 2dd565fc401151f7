"""What a person may choose when starting the agent, and where the agent keeps its folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.printing.types import PrinterAddress

Language = Literal["ko", "en"]
SPOOL_NAME = "spool"


@dataclass(frozen=True)
class AgentSettings:
    """One start of the agent. ``cloud_url`` is where a new device enrolls; an enrolled one knows its own."""

    folder: Path
    cloud_url: str | None = None
    printer: PrinterAddress | None = None
    spool: Path | None = None
    language: Language = "ko"
    theme: Literal["light", "dark"] = "light"
    tablet: bool = True
    demo: bool = False
    headless: bool = False
    enroll_code: str | None = None
    lan_host: str = "127.0.0.1"
    lan_port: int = 0
    label: str = "counter"

    @property
    def spool_folder(self) -> Path:
        """Where the capture hands documents over; it may come to life later."""
        return self.spool if self.spool is not None else self.folder / SPOOL_NAME


def default_folder(environ: Mapping[str, str] | None = None, *, platform: str = sys.platform) -> Path:
    """The platform's place for the data of one user's program."""
    env = os.environ if environ is None else environ
    if platform == "win32":
        base = env.get("LOCALAPPDATA")
        return Path(base) / "WithFoM" / "Agent" if base else Path.home() / "AppData" / "Local" / "WithFoM" / "Agent"
    if platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "WithFoM Agent"
    base = env.get("XDG_DATA_HOME")
    root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".local" / "share"
    return root / "withfom-agent"
