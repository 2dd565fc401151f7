"""Owns `.venv`: builds it from the hashed lock files with the vendored pip, and knows when it is complete."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from installers.bootstrap.layout import (
    BUILDING,
    DEVELOPMENT_LOCK,
    LOCK_FILE,
    PYTHON,
    READY,
    ROOT,
    RUN_LOCK,
    VENV,
    WINDOWS,
    BootstrapProblem,
    child_environment,
    say,
)

SOURCE_PATH_FILE = "withfom_source.pth"


def fingerprint(lock: str) -> str:
    """The SHA-256 of a lock file: what an environment was built from."""
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def read_ready() -> dict[str, Any]:
    """What the finished environment says of itself; empty when there is none or it was never finished."""
    if BUILDING.exists():
        return {}
    try:
        ready = json.loads(READY.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    # An upgraded or removed system Python leaves an environment whose packages nobody finds.
    return ready if isinstance(ready, dict) and ready.get("interpreter") == str(PYTHON.resolve()) else {}


def write_ready(ready: dict[str, Any]) -> None:
    """Replaces the note in one step, so that a cut leaves the old note or the new one."""
    temporary = READY.with_suffix(".new")
    temporary.write_text(json.dumps(ready, indent=1), encoding="utf-8")
    temporary.replace(READY)


def is_built_from(ready: dict[str, Any], lock: str) -> bool:
    """Whether the environment holds exactly what the lock asks for."""
    return bool(ready.get("locks", {}).get(lock) == fingerprint(lock))


def build(lock: str) -> dict[str, Any]:
    """Makes `.venv` hold what the lock file says and returns its note. Raises BootstrapProblem.

    A cut at any point leaves the BUILDING mark; the next start then begins with an empty folder. Packages half
    written by a killed pip look installed to the next pip, so there is no safe way to go on from the middle.
    """
    with _alone():
        ready = read_ready()  # another start may have finished while this one waited
        if is_built_from(ready, lock):
            return ready
        started_fresh = _prepare_folder(ready)
        _install(lock)
        locks = {} if started_fresh else dict(ready.get("locks", {}))
        locks[lock] = fingerprint(lock)
        if lock == DEVELOPMENT_LOCK:
            locks[RUN_LOCK] = fingerprint(RUN_LOCK)  # the development lock holds all of the other, pin for pin
        ready = {"interpreter": str(PYTHON.resolve()), "locks": locks}
        write_ready(ready)
        BUILDING.unlink()
        return ready


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two starts at once must not build into one folder: the second waits for the first."""
    with LOCK_FILE.open("a+b") as lock:
        if WINDOWS:
            import msvcrt

            lock.seek(0)
            while True:
                with contextlib.suppress(OSError):  # LK_LOCK gives up after ten tries of a second
                    msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
                    break
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield  # closing the file gives the lock back, also when this process dies


def _prepare_folder(ready: dict[str, Any]) -> bool:
    """Leaves a virtual environment marked BUILDING; returns whether it is a new one."""
    import shutil
    import sys

    outdated = any(fingerprint(name) != known for name, known in ready.get("locks", {}).items())
    broken = BUILDING.exists() or (READY.exists() and not ready) or not PYTHON.exists()
    fresh = outdated or broken
    if fresh and VENV.exists():
        if Path(sys.prefix).resolve() == VENV.resolve():
            raise BootstrapProblem(
                "설치를 새로 해야 합니다. .venv 안의 Python이 아니라 시스템의 python3으로 다시 실행하세요.",
                "The environment must be rebuilt; run this with the system's python3, not the one in .venv.",
            )
        shutil.rmtree(VENV)
    VENV.mkdir(exist_ok=True)
    BUILDING.write_text("Not finished. The next start of start.py begins again.\n", encoding="utf-8")
    if fresh:
        _create_venv()
    return fresh


def _create_venv() -> None:
    say("프로그램 폴더를 준비합니다 (.venv)", "Preparing .venv")
    try:
        import venv
    except ImportError:
        raise BootstrapProblem(
            "이 Python에는 venv 모듈이 없습니다. Debian/Ubuntu: sudo apt-get install python3-venv",
            "This Python lacks the venv module. Debian/Ubuntu: sudo apt-get install python3-venv",
        ) from None
    # Without pip of its own: Debian leaves ensurepip out, so the vendored wheel does the installing everywhere.
    venv.EnvBuilder(with_pip=False, symlinks=not WINDOWS).create(VENV)


def _install(lock: str) -> None:
    import subprocess
    import sys

    say("필요한 패키지를 받습니다. 처음 한 번만 몇 분 걸립니다", "Fetching packages; a few minutes, once")
    (wheel,) = Path(__file__).parent.glob("pip-*.whl")
    command = [str(PYTHON), str(wheel / "pip"), "install", "--require-hashes", "--no-deps"]
    command += ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    command += ["--root-user-action", "ignore"]
    command += [] if sys.stderr.isatty() else ["--quiet", "--progress-bar", "off"]
    command += ["-r", str(ROOT / lock)]
    if subprocess.run(command, env=child_environment(), stdout=sys.stderr, check=False).returncode != 0:
        raise BootstrapProblem(
            "패키지를 설치하지 못했습니다. 인터넷 연결과 디스크 공간을 확인하고 같은 명령을 다시 실행하세요.",
            "The packages could not be installed. Check the network and the disk, then run the same command again.",
        )
    _show_source_to_python()


def _show_source_to_python() -> None:
    """Puts our folders on the environment's path, relative: the line stays ASCII whatever the folder is called."""
    import subprocess

    answer = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        env=child_environment(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    packages = Path(answer.stdout.strip())
    line = os.path.relpath(ROOT, packages) + "\n"
    (packages / SOURCE_PATH_FILE).write_text(line, encoding="ascii")
