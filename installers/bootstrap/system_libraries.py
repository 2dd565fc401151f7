"""Owns the system libraries Qt links to on Linux: finds what is missing and gets it, or says how."""

import os
import shutil
import sys

from installers.bootstrap.layout import BootstrapProblem, child_environment, say

# What a bare Debian lacks, library -> package; found by starting PySide6-Essentials in an empty debootstrap.
OFFSCREEN = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
# A real X11 or Wayland screen wants these as well; most desktops lack only libxcb-cursor0.
SCREEN = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}


def wanted_libraries() -> dict[str, str]:
    """What this session needs: a machine without a screen paints into memory and needs less."""
    if sys.platform != "linux":
        return {}  # the wheels for Windows and macOS carry all they need
    screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return OFFSCREEN | SCREEN if screen else OFFSCREEN


def missing_packages(libraries: dict[str, str]) -> list[str]:
    """The Debian packages of the libraries this machine cannot load, each once."""
    import ctypes  # here, because every start asks wanted_libraries() and few look for a library

    packages = []
    for library, package in libraries.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            if package not in packages:
                packages.append(package)
    return packages


def ensure_system_libraries(libraries: dict[str, str]) -> None:
    """Returns when Qt can start here. As root with apt it installs what is missing, else raises BootstrapProblem."""
    missing = missing_packages(libraries)
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        _install(missing)
        missing = missing_packages(libraries)
    if missing:
        line = "sudo apt-get install --no-install-recommends " + " ".join(missing)
        raise BootstrapProblem(
            f"화면을 그리는 시스템 라이브러리가 없습니다. 다음을 실행한 뒤 다시 시작하세요:\n  {line}",
            f"System libraries for the screen are missing. Run the line above (not Debian: {', '.join(libraries)}).",
        )


def _install(packages: list[str]) -> None:
    import subprocess

    say("화면을 그리는 시스템 라이브러리를 설치합니다", "Installing system libraries: " + " ".join(packages))
    environment = dict(child_environment(), DEBIAN_FRONTEND="noninteractive")
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *packages]):
        # A failed update is no reason to stop: the lists of a machine behind a mirror may still be good enough.
        done = subprocess.run(["apt-get", *arguments], env=environment, capture_output=True, check=False)
        if done.returncode != 0:
            sys.stderr.write(done.stderr.decode(errors="replace"))
