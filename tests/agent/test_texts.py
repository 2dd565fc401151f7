"""Every text has its Korean, and figures read as people write them."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from agent.texts import Texts

ROOT = Path(__file__).resolve().parents[2]


def _used_texts() -> dict[str, str]:
    """Source texts handed to ``t._``, ``t.n`` or ``mark`` in the agent, with where they stand."""
    found: dict[str, str] = {}
    for source in sorted((ROOT / "agent").rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name in ("_", "n", "mark") and isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.setdefault(first.value, f"{source.relative_to(ROOT)}:{node.lineno}")
    return found


USED = _used_texts()


def test_every_text_of_the_agent_has_a_korean_one() -> None:
    catalogue = Texts("ko")._catalogue
    same_word = {"VIP", "PLUS"}
    missing = [
        f"{where}: {text!r}"
        for text, where in USED.items()
        if text not in same_word and catalogue.gettext(text) == text
    ]
    assert len(USED) > 100
    assert not missing


def test_the_catalogue_keeps_no_text_that_nobody_says() -> None:
    """A text whose wording changed in the code would otherwise leave its old Korean behind, and its new one missing."""
    spoken = {text for text in Texts("ko")._catalogue._catalog if text}  # type: ignore[attr-defined]

    assert spoken - USED.keys() == set()


def test_a_translation_names_the_same_places_to_fill_in() -> None:
    """A missing {n} in Korean would be an error on a counter."""

    def places(text: str) -> set[str]:
        return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}

    catalogue = Texts("ko")._catalogue
    unlike = [text for text in USED if not places(catalogue.gettext(text)) <= places(text)]
    assert not unlike


@pytest.mark.parametrize(
    ("language", "won", "back", "minus"),
    [("ko", "4,500원", "−4,500원", "−58P"), ("en", "₩4,500", "−₩4,500", "−58P")],
    ids=["ko", "en"],
)
def test_figures_are_written_as_people_do(language: str, won: str, back: str, minus: str) -> None:
    t = Texts(language)  # type: ignore[arg-type]

    assert (t.won(4_500), t.won(-4_500)) == (won, back)
    assert t.points(-58) == minus


def test_times_are_those_of_the_shop() -> None:
    assert Texts("ko").clock(1_795_152_737_000) == "14:32"
    assert Texts("ko").date(1_795_152_737_000) == "11월 20일 금요일"
    assert Texts("en").date(1_795_152_737_000) == "Fri 20 Nov"


def test_the_language_can_change_while_running() -> None:
    t = Texts("ko")
    assert t._("Approve") == "승인"

    t.set_language("en")

    assert t._("Approve") == "Approve"
