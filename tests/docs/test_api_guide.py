"""The guide for POS makers is tried as one reads it: every command of it is run, and every answer has what it shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cloud_api.webhooks.events import SCOPES
from cloud_api.webhooks.sending import signature
from demo.processes import Program, run_json

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Reader:
    """Somebody with a shell who keeps what answers name."""

    folder: Path
    kept: dict[str, str] = field(default_factory=dict)

    def run(self, command: str) -> Any:
        """The JSON that a command answers."""
        there = {**os.environ, "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}", **self.kept}
        done = subprocess.run(
            ["bash", "-euc", command],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=there,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (command, done.stderr)
        answer = json.loads(done.stdout)
        self.kept |= {name.upper(): value for name, value in answer.items() if isinstance(value, str)}
        return answer


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("vendor")
    (folder / "bin").mkdir()
    command = folder / "bin" / "withfom"
    command.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m withfom "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    shop = str(folder / "shop-cloud")
    store = run_json(
        ["cloud", "create-store", "--folder", shop, "--name", "합정점", "--brand", "커피", "--plan", "plus"]
    )
    cloud = Program.start("cloud", ["cloud", "serve", "--folder", shop, "--port", "0"], folder / "log")
    try:
        url = cloud.ready_line.rpartition(" ")[2]
        yield Reader(folder, {"CLOUD": url, "STORE_ID": store["store_id"], "NOW_MS": str(int(time.time() * 1_000))})
    finally:
        cloud.stop()


@pytest.mark.journey
def test_every_command_of_the_guide_works_and_every_answer_is_as_shown(reader: Reader) -> None:
    blocks = BLOCK.findall(GUIDE)
    ran, compared = 0, 0
    answer: Any = None
    for language, text in blocks:
        if language == "sh":
            answer = reader.run(text)
            ran += 1
        elif language == "json":
            shown = json.loads(text)
            assert set(shown) <= set(answer), (shown, answer)  # more may come, as the guide says itself
            changing = ("_id", "_ms", "key", "secret")
            once = {"code"} if "expires_ms" in shown else set()  # of a counter
            for name, value in shown.items():
                if not name.endswith(changing) and value != "…" and name not in once:
                    assert answer[name] == value, name
            compared += 1
    assert (ran, compared) >= (13, 10)
    assert reader.kept["STATE"] == "active"


def test_the_check_of_a_signature_that_the_guide_shows_holds() -> None:
    (text,) = (text for language, text in BLOCK.findall(GUIDE) if language == "python")
    here: dict[str, Any] = {}
    exec(text, here)
    now_s = int(time.time())
    headers = {"withfom-timestamp": str(now_s), "withfom-signature": signature([b"new", b"old"], now_s, b"{}")}

    assert here["is_ours"]("new", headers, b"{}")
    assert here["is_ours"]("old", headers, b"{}")
    assert not here["is_ours"]("other", headers, b"{}")
    assert not here["is_ours"]("new", headers, b"{ }")
    old = {"withfom-timestamp": str(now_s - 400), "withfom-signature": signature([b"new"], now_s - 400, b"{}")}
    assert not here["is_ours"]("new", old, b"{}")


def test_the_guide_names_every_kind_of_event() -> None:
    assert [kind for kind in SCOPES if f"`{kind}`" not in GUIDE] == []
