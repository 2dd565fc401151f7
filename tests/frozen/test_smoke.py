"""The frozen folder works where it was not built: copied below a name with Hangul and blanks, without our source."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import processes, story
from demo.world import DemoWorld, WorldSettings
from installers import build_linux

pytestmark = [
    pytest.mark.frozen,
    pytest.mark.skipif(sys.platform != "linux", reason="the build script is for Linux; other systems build elsewhere"),
]
SIZE_MAX_MB = 260


def _is_older_than_source(program: Path) -> bool:
    built = program.stat().st_mtime
    folders = ("rules", "sync", "printers", "agent", "cloud_api", "withfom", "demo", "assets", "installers")
    return any(
        file.stat().st_mtime > built
        for folder in folders
        for file in (build_linux.ROOT / folder).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frozen `withfom`, built when there is none of this source, in a folder as shops have them."""
    if not (build_linux.FROZEN / "withfom").exists() or _is_older_than_source(build_linux.FROZEN / "withfom"):
        build_linux.build()
    folder = tmp_path_factory.mktemp("frozen") / "위드폼 카운터 프로그램"
    shutil.copytree(build_linux.FROZEN, folder, symlinks=True)
    return folder / "withfom"


def _bare_environment() -> dict[str, str]:
    """No Python of the test's own: what the frozen program needs it must have brought along."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "QT_QPA_PLATFORM": "offscreen", "PYTHONUTF8": "1"}


def _run(program: Path, *arguments: str, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *arguments],
        cwd=program.parent.parent,
        env=_bare_environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )


@pytest.fixture
def frozen_world(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoWorld]:
    """Cloud, capture and agent from the frozen folder; POS and printer are played by this test."""
    monkeypatch.setattr(processes, "withfom_command", lambda: [str(program)])
    monkeypatch.setattr(processes, "_environment", _bare_environment)
    world = DemoWorld.open(WorldSettings(folder=tmp_path / "가게 자료", headless=True))
    try:
        yield world
    finally:
        codes = world.close()
    assert set(codes.values()) == {0}, codes


@pytest.mark.timeout(600)  # the build, when there is none yet
def test_the_folder_tells_its_version_and_stays_small(program: Path) -> None:
    answer = _run(program, "--version")
    size_mb = build_linux.size_bytes(program.parent) / 1e6

    assert answer.returncode == 0, answer.stderr
    assert "0.1" in answer.stdout
    assert size_mb < SIZE_MAX_MB


@pytest.mark.timeout(600)
def test_a_receipt_through_the_frozen_programs_becomes_points(frozen_world: DemoWorld) -> None:
    world = frozen_world
    world.wait_online()
    world.pos.print_sale("card42")
    processes.wait_until(lambda: world.agent.get("/v1/receipts", limit="5")["receipts"], what="the receipt is read")
    offer = processes.wait_until(lambda: story._tablet(world).get("offer"), what="the tablet offers the receipt")

    story._type_number(world, story.MINA)
    story._wait_result(world, offer["points"])
    world.wait_online()

    assert offer["points"] > 0
    assert world.cloud.sums()["points_issued"] == offer["points"]
    assert world.printer.wait_for_pages(1), "the POS's receipt reached the printer through the frozen proxy"


@pytest.mark.timeout(600)
def test_the_frozen_demo_story_ends_with_every_figure_right(program: Path, tmp_path: Path) -> None:
    answer = _run(program, "demo", "--script", "--folder", str(tmp_path / "체험 폴더"), timeout_s=300)

    assert answer.returncode == 0, f"{answer.stdout}\n{answer.stderr}"


def test_a_wrong_command_is_answered_in_words(program: Path) -> None:
    answer = _run(program, "no-such-command")

    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
