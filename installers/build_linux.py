"""Builds the frozen program folder dist/withfom on Linux and reports its size: `python -m installers.build_linux`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "installers" / "pyinstaller" / "withfom.spec"
FROZEN = ROOT / "dist" / "withfom"


def missing_tools() -> list[str]:
    """What PyInstaller needs from the system and does not find, in words a person can act on."""
    if sys.platform != "linux":
        return ["this script builds on Linux; a build for another system is made on that system"]
    return [] if shutil.which("objcopy") else ["objcopy (Debian: apt-get install binutils)"]


def build() -> Path:
    """Builds dist/withfom anew and returns it. Raises CalledProcessError when PyInstaller fails."""
    # A fixed hash seed and date give the same archive for the same source.
    environment = dict(os.environ, PYTHONHASHSEED="1", SOURCE_DATE_EPOCH="1767225600")
    folders = ["--distpath", str(FROZEN.parent), "--workpath", str(ROOT / "build" / "pyinstaller")]
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *folders, str(SPEC)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    drop_debug_symbols(FROZEN)
    return FROZEN


def drop_debug_symbols(folder: Path) -> None:
    """Takes the debug symbols out of Python's and the extensions' libraries: a third of the folder, used by nobody.

    Not from Qt (has none) and the `*.libs` of wheels, whose rearranged headers strip is known to break.
    """
    files = [
        file
        for file in folder.rglob("*.so*")
        if not file.is_symlink() and "PySide6" not in file.parts and not file.parent.name.endswith(".libs")
    ]
    subprocess.run(["strip", "--strip-debug", *map(str, files)], check=True)


def size_bytes(folder: Path) -> int:
    """What the folder takes on disk, links counted once."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir() or file.is_symlink())


def biggest(folder: Path, count: int = 8) -> list[tuple[str, int]]:
    """The files worth looking at when the folder grows."""
    files = [(str(file.relative_to(folder)), file.lstat().st_size) for file in folder.rglob("*") if file.is_file()]
    return sorted(files, key=lambda pair: -pair[1])[:count]


def main() -> int:
    """Builds and prints size and time; 1 with a reason when a tool is missing."""
    missing = missing_tools()
    if missing:
        print("cannot build: " + "; ".join(missing), file=sys.stderr)
        return 1
    begun = time.monotonic()
    folder = build()
    print(f"{folder.relative_to(ROOT)}: {size_bytes(folder) / 1e6:.0f} MB in {time.monotonic() - begun:.0f} s")
    for name, size in biggest(folder):
        print(f"  {size / 1e6:6.1f} MB  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
