"""``withfom layouts``: rules go from shop to shop as a file, and nothing else does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from printers.receipts.learned import Meaning
from tests.agent.receipts.test_lessons import proved
from tests.helpers.counter import counter
from withfom.main import main


@pytest.fixture
def taught(tmp_path: Path) -> Path:
    """The folder of a shop that has answered one question."""
    folder = tmp_path / "agent"
    with counter(folder) as shop:
        paper = proved(shop, 4_500, number=3)
        shop.agent.take_document(paper)
        shop.agent.lessons.answer(paper.document_id, 4_500)
        shop.bench.store.close()
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["layouts", *arguments])
    return status, capsys.readouterr().out


def test_rules_are_listed_exported_imported_and_forgotten(
    taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, listed = run(capsys, "list", "--folder", str(taught))
    assert (status, listed) == (0, "이모음\tdue\tcounter\t\n")

    status, file = run(capsys, "export", "--folder", str(taught), "--pos-model", "달POS 3")
    assert status == 0
    assert json.loads(file)["lessons"] == [{"label": "이모음", "meaning": Meaning.DUE}]
    assert run(capsys, "forget", "이모음", "--folder", str(taught))[0] == 0
    (tmp_path / "rules.json").write_text(file, encoding="utf-8")
    assert run(capsys, "import", str(tmp_path / "rules.json"), "--folder", str(taught))[0] == 0
    assert run(capsys, "list", "--folder", str(taught))[1] == "이모음\tdue\tfile\t달POS 3\n"


def test_what_is_none_is_refused(taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    for arguments in (
        ("list", "--folder", str(tmp_path / "nowhere")),
        ("import", "--folder", str(taught)),
        ("import", str(tmp_path / "other.json"), "--folder", str(taught)),
        ("import", str(tmp_path / "missing.json"), "--folder", str(taught)),
        ("forget", "이름없음", "--folder", str(taught)),
    ):
        assert run(capsys, *arguments)[0] == 1, arguments
