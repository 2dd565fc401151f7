"""The page of rules says what the source says: ids are found in lists and ranges, and put to what they belong to."""

from __future__ import annotations

from pathlib import Path

import pytest

from installers import rulebook

SOURCE = '''"""Owns something (APR-01, 07)."""

TIMEOUT_MS = 60_000  # APR-18
# One minute, and no longer
# (PNT-10).
LIMIT = 1


class Till:
    """PNT-06."""

    def take(self) -> None:
        """APR-15..17, 24,
        25 and nothing else; 17 is a number."""


def lost() -> None:
    return None  # MEM-01
'''


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("(APR-15..17, 24, 25)", ["APR-15", "APR-16", "APR-17", "APR-24", "APR-25"]),
        ("APR-17: 12:06:00 is accepted", ["APR-17"]),
        ("APR-17, 12:06:00", ["APR-17"]),
        ("AGT-04, 05, PNT-07, 08", ["AGT-04", "AGT-05", "PNT-07", "PNT-08"]),
        ("APR-99, XYZ-01, APR-1, SAPR-01", []),
        ("APR-24: more than 70 % of at least five", ["APR-24"]),
    ],
)
def test_ids_are_read_from_lists_and_ranges(text: str, ids: list[str]) -> None:
    assert [found for found, _ in rulebook.ids_in(text)] == ids


def test_a_rule_belongs_to_the_innermost_thing_that_names_it() -> None:
    assert list(rulebook.python_places(SOURCE)) == [
        ("APR-01", ""),
        ("APR-07", ""),
        ("APR-18", "TIMEOUT_MS"),
        ("PNT-10", "LIMIT"),
        ("PNT-06", "Till"),
        *((f"APR-{number}", "Till.take") for number in (15, 16, 17, 24, 25)),
        ("MEM-01", "lost"),
    ]


def test_a_script_names_the_function_it_stands_in() -> None:
    script = "// MEM-02\nfunction draw() {\n  // APR-07, 08\n}\n"

    assert list(rulebook.javascript_places(script)) == [("MEM-02", ""), ("APR-07", "draw"), ("APR-08", "draw")]


def test_a_rule_that_nothing_names_stands_as_open(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "minute.py").write_text('def wait() -> None:\n    """APR-07"""\n')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_minute.py").write_text('def test_it_waits() -> None:\n    """APR-08"""\n')
    known = rulebook.titles("# a remark\nAPR-07 | One minute\nAPR-30 | Cards | head office\n")

    page = rulebook.rendered(rulebook.gather(tmp_path), known)

    assert "### APR-07 One minute\n\n- built: `rules.minute.wait`\n- proved: **open**\n" in page
    assert "### APR-08\n\n- built: **open**\n- proved: `tests/test_minute.py`: `test_it_waits`\n" in page
    assert "### APR-30 Cards\n\n- kept elsewhere: head office\n\n" in page
    assert "APR-09" in page.split("Named nowhere: ")[1]


def test_a_title_of_an_unknown_rule_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="APR-77"):
        rulebook.titles("APR-77 | no such rule\n")
