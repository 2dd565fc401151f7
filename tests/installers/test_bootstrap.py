"""start.py on its own: a copy of it in a strange folder, an empty lock, a real virtual environment, no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installers.bootstrap import system_libraries
from installers.bootstrap.development import COMMANDS
from installers.bootstrap.layout import BootstrapProblem, child_environment
from installers.bootstrap.running import become

SOURCE = Path(__file__).resolve().parents[2]
PROGRAM = "import os, sys; print('started', sys.argv[1:], sys.flags.utf8_mode, os.environ.get('LC_CTYPE'), '커피')"


def make_folder(parent: Path) -> Path:
    """The start file and its bootstrap in a folder with Hangul and blanks, and a program that says it ran."""
    folder = parent / "카페 소스 폴더"
    shutil.copytree(
        SOURCE / "installers" / "bootstrap", folder / "installers" / "bootstrap", ignore=shutil.ignore_patterns("__py*")
    )
    shutil.copy(SOURCE / "installers" / "__init__.py", folder / "installers")
    shutil.copy(SOURCE / "start.py", folder)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / lock).write_text("# nothing\n")
    (folder / "withfom").mkdir()
    (folder / "withfom" / "__init__.py").touch()
    (folder / "withfom" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A source folder nobody has started yet."""
    return make_folder(tmp_path)


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source folder that was started once."""
    folder = make_folder(tmp_path_factory.mktemp("started"))
    assert start(folder).returncode == 0
    return folder


@pytest.fixture
def started(first_start: Path, tmp_path: Path) -> Path:
    """A copy of it, for this test alone. That it works after copying is a promise of its own."""
    return Path(shutil.copytree(first_start, tmp_path / "옮긴 폴더", symlinks=True))


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # --version: a command that needs no window, so that the test does not depend on this machine's libraries.
    return subprocess.run(
        [sys.executable, str(folder / "start.py"), *(arguments or ("--version",))],
        cwd=folder.parent,
        env=dict(os.environ, **environment),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=100,
    )


def test_a_fresh_folder_starts_the_program_and_the_second_start_builds_nothing(folder: Path) -> None:
    first = start(folder)
    second = start(folder, "cloud", "--flag", "a b")

    assert first.returncode == 0, first.stderr
    assert "started ['--version'] 1" in first.stdout
    assert "Preparing .venv" in first.stderr
    assert "started ['cloud', '--flag', 'a b'] 1" in second.stdout
    assert second.stderr == ""


def test_the_c_locale_still_speaks_korean(folder: Path) -> None:
    answer = start(folder, LC_ALL="C", LANG="C", PYTHONUTF8="0")

    assert answer.returncode == 0, answer.stderr
    assert "커피" in answer.stdout
    if sys.platform == "linux":
        assert "C.UTF-8" in answer.stdout


def test_an_interrupted_installation_begins_again_from_an_empty_folder(started: Path) -> None:
    (started / ".venv" / "withfom-building").touch()
    (started / ".venv" / "half-written").touch()

    answer = start(started)

    assert answer.returncode == 0, answer.stderr
    assert not (started / ".venv" / "half-written").exists()
    assert not (started / ".venv" / "withfom-building").exists()


def test_a_failed_installation_is_not_taken_for_a_finished_one(folder: Path) -> None:
    (folder / "requirements.lock").write_text("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")

    failed = start(folder, PIP_NO_INDEX="1")
    (folder / "requirements.lock").write_text("# nothing\n")
    repaired = start(folder)

    assert failed.returncode == 1
    assert "패키지를 설치하지 못했습니다" in failed.stderr
    assert "run the same command again" in failed.stderr
    assert "started" not in failed.stdout
    assert repaired.returncode == 0, repaired.stderr


def test_a_package_without_a_hash_is_refused(folder: Path) -> None:
    (folder / "requirements.lock").write_text("pip==26.3\n")

    answer = start(folder, PIP_NO_INDEX="1", PIP_FIND_LINKS=(SOURCE / "installers" / "bootstrap").as_uri())

    assert answer.returncode == 1
    assert "--require-hashes" in answer.stderr


def test_a_changed_lock_builds_a_new_environment(started: Path) -> None:
    (started / ".venv" / "of-the-old-lock").touch()
    (started / "requirements.lock").write_text("# changed\n")

    answer = start(started)

    assert "Preparing .venv" in answer.stderr
    assert not (started / ".venv" / "of-the-old-lock").exists()


def test_an_environment_of_another_python_is_rebuilt(started: Path) -> None:
    note = started / ".venv" / "withfom-ready.json"
    note.write_text(json.dumps(dict(json.loads(note.read_text()), interpreter="/usr/bin/python3.10")))

    answer = start(started)

    assert "Preparing .venv" in answer.stderr
    assert answer.returncode == 0


def test_two_first_starts_at_once_share_one_environment(folder: Path) -> None:
    command = [sys.executable, str(folder / "start.py"), "--version"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") for _ in range(2)
    ]
    answers = [one.communicate(timeout=100) for one in both]

    assert [one.returncode for one in both] == [0, 0], answers
    assert sum("Preparing .venv" in err for _, err in answers) == 1


def test_the_source_path_survives_moving_the_folder(started: Path) -> None:
    (line,) = (started / ".venv").rglob("withfom_source.pth")

    text = line.read_bytes().decode("ascii").strip()

    assert (line.parent / text).resolve() == started.resolve()


def test_an_old_python_can_read_the_file_and_is_told_what_is_missing() -> None:
    text = (SOURCE / "start.py").read_text(encoding="utf-8")

    compile(text, "start.py", "exec", flags=0, dont_inherit=True)
    before_import = text[: text.index("from installers")]
    assert ":=" not in before_import
    assert "from __future__" not in before_import
    old = before_import.replace("sys.version_info", "(3, 9, 2)").replace("sys.exit(2)", "raise SystemExit(2)")
    told = subprocess.run([sys.executable, "-c", old], capture_output=True, encoding="utf-8", check=False)
    assert told.returncode == 2
    assert "Python 3.11 이상이 필요합니다. 지금 Python은 3.9입니다" in told.stderr


def test_missing_libraries_are_named_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {"libno-such-thing.so.9": "libno-such-thing9", "libnor-this.so.1": "libno-such-thing9"}
    monkeypatch.setattr(shutil, "which", lambda _name: None)  # as on a machine without apt-get

    assert system_libraries.missing_packages(wanted) == ["libno-such-thing9"]
    with pytest.raises(BootstrapProblem, match="sudo apt-get install --no-install-recommends libno-such-thing9"):
        system_libraries.ensure_system_libraries(wanted)


def test_a_screen_needs_more_libraries_than_painting_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    without = system_libraries.wanted_libraries()
    monkeypatch.setenv("DISPLAY", ":0")

    assert set(without) < set(system_libraries.wanted_libraries())
    monkeypatch.setattr(sys, "platform", "win32")
    assert system_libraries.wanted_libraries() == {}


def test_a_utf8_locale_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")

    assert child_environment()["LC_ALL"] == "ko_KR.UTF-8"
    assert child_environment()["PYTHONUTF8"] == "1"


def test_every_development_command_explains_itself() -> None:
    assert all(command.__doc__ for command in COMMANDS.values())
    assert callable(become)


def test_the_running_lock_is_part_of_the_development_lock() -> None:
    """One environment serves both, so the two locks must never ask for different versions."""

    def pins(name: str) -> set[str]:
        lines = (SOURCE / name).read_text(encoding="utf-8").splitlines()
        return {line.split(" ")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
