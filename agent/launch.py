"""What a person may choose when starting the agent, and where the agent keeps its folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agent.errors import BadSettings
from agent.printing.types import PrinterAddress
from sync.address import BadAddress, clean_base_url

Language = Literal["ko", "en"]
SPOOL_NAME = "spool"
CAPTURE_NAME = "capture.json"


@dataclass(frozen=True)
class AgentSettings:
    """One start of the agent. ``cloud_url`` is where a new device enrolls; an enrolled one knows its own. Language
    and theme are what was chosen earlier when left out."""

    folder: Path
    cloud_url: str | None = None
    printer: PrinterAddress | None = None
    spool: Path | None = None
    language: Language | None = None
    theme: Literal["light", "dark"] | None = None
    tablet: bool = True
    demo: bool = False
    headless: bool = False
    enroll_code: str | None = None
    lan_host: str = "127.0.0.1"
    lan_port: int = 0
    label: str = "counter"
    version: str = ""

    @property
    def spool_folder(self) -> Path:
        """Where the capture hands documents over; it may come to life later."""
        return self.spool if self.spool is not None else self.folder / SPOOL_NAME

    @property
    def capture_file(self) -> Path:
        """Where the page of the devices keeps how the capture runs."""
        return self.folder / CAPTURE_NAME


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


def parse_printer(text: str | None) -> PrinterAddress | None:
    """Raises BadSettings when the text is no address of printers.devices.address."""
    if text is None:
        return None
    try:
        return PrinterAddress.parse(text)
    except ValueError:
        raise BadSettings(
            f"프린터 주소가 올바르지 않아요: {text} (예: 192.168.0.50:9100)",
            f"Not a printer address: {text} (example: 192.168.0.50:9100)",
        ) from None


def parse_cloud(text: str | None) -> str | None:
    """Raises BadSettings for an address that is neither https nor this very machine."""
    if text is None:
        return None
    try:
        return clean_base_url(text)
    except BadAddress as bad:
        if bad.code == "insecure":
            raise BadSettings(f"https:// 주소만 쓸 수 있어요: {text}", f"Only https:// is allowed: {text}") from None
        raise BadSettings(
            f"클라우드 주소가 올바르지 않아요: {text} (예: https://cloud.example.com)",
            f"Not a cloud address: {text} (example: https://cloud.example.com)",
        ) from None


def check_folder(folder: Path) -> Path:
    """Makes the agent's folder when it is not there. Raises BadSettings for a file, or a place that takes no folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise BadSettings(
            f"폴더가 아니거나, 폴더를 만들 수 없는 곳이에요: {folder}",
            f"Not a folder, or no folder can be made there: {folder}",
        ) from problem
    return folder


def check_port(port: int) -> int:
    """Raises BadSettings for what is no port; 0 means any."""
    if not 0 <= port < 65536:
        raise BadSettings(f"포트는 0부터 65535까지예요: {port}", f"A port is 0 to 65535: {port}")
    return port
