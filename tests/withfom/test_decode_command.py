"""`withfom decode` prints one JSON object a document, and garbage is an answer."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from withfom.main import main

GOLDEN = Path(__file__).parents[1] / "golden" / "receipts"


def decoded(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["decode", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_documents_come_in_order_with_file_and_index(capsys: pytest.CaptureFixture[str]) -> None:
    copies, sale = str(GOLDEN / "m02_customer_and_merchant_copy.bin"), str(GOLDEN / "s01_sale_card_42col_cp949.bin")

    found = decoded(capsys, copies, sale)

    assert [(line["file"], line["index"], line["kind"], line["total"]) for line in found] == [
        (copies, 0, "sale", 8_400),
        (copies, 1, "sale", 8_400),
        (sale, 0, "sale", 17_800),
    ]
    assert [line.get("copy") for line in found] == ["customer", "merchant", None]
    assert set(found[2]) >= {
        "kind", "total", "paid", "payments", "approval_numbers", "receipt_no", "time", "items", "file", "index",
    }  # fmt: skip
    assert "witnesses" not in found[0]
    assert "text" not in found[0]


def test_witnesses_and_text_come_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = decoded(capsys, "--witnesses", "--text", str(GOLDEN / "s08_vat_on_top_two_totals.bin"))

    assert len(found["witnesses"]) >= 2
    assert "받을금액" in found["text"]


def test_a_picture_is_unknown_and_a_stream_of_nothing_prints_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (found,) = decoded(capsys, str(GOLDEN / "x01_raster_only_gs_v_0.bin"))
    assert (found["kind"], found["total"], found["paid"]) == ("unknown", None, None)

    nothing = tmp_path / "nothing.bin"
    nothing.write_bytes(b"\x1b@\x10\x04\x01\x1bp\x00\x19\xfa\x1dV\x00")
    assert decoded(capsys, str(nothing)) == []


def test_garbage_is_no_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.bin"
    garbage.write_bytes(bytes(range(256)) * 40)

    assert all(line["total"] is None for line in decoded(capsys, str(garbage)))


def test_a_missing_file_is_named_and_the_others_are_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status = main(["decode", str(tmp_path / "absent.bin"), str(GOLDEN / "s04_cat_slip_instalment.bin")])
    said = capsys.readouterr()

    assert status == 2
    assert "absent.bin" in said.err
    assert "파일을 읽을 수 없어요" in said.err
    assert "Cannot read the file" in said.err
    assert json.loads(said.out)["total"] == 65_000


def test_standard_input_is_read(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stream = (GOLDEN / "s13_fullwidth_digits_ideographic_space.bin").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stream)))

    (found,) = decoded(capsys, "-")

    assert (found["file"], found["total"]) == ("-", 13_500)


def test_explain_says_what_each_amount_was_taken_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "영수증\n쿠키 1   3,000\n----------\n합계   3,000\n모아비씨   3,000\n"
    (tmp_path / "one.bin").write_bytes(b"\x1b@" + text.encode("cp949") + b"\x1bd\x04\x1dV\x00")

    assert main(["decode", "--explain", str(tmp_path / "one.bin")]) == 0

    (found,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["label"], row["amount"], row["as"]) for row in found["amounts"]] == [
        ("쿠키", 3_000, "goods"),
        ("합계", 3_000, "total"),
        ("모아비씨", 3_000, "unnamed"),
    ]
