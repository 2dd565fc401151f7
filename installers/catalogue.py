"""Owns the compiled translations: `python -m installers.catalogue` writes the .mo files, `--check` names stale ones."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).resolve().parent.parent / "assets" / "locale"


def compiled(source: Path) -> bytes:
    """The catalogue as gettext reads it; the same source gives the same bytes."""
    with source.open("rb") as text:
        catalogue = read_po(text)
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def is_current(source: Path) -> bool:
    """Whether the .mo beside the source says what the source says, whoever compiled it."""
    target = source.with_suffix(".mo")
    if not target.exists():
        return False
    fresh, kept = (
        {(message.id, message.context): message.string for message in read_mo(io.BytesIO(raw)) if message.id}
        for raw in (compiled(source), target.read_bytes())
    )
    return fresh == kept


def main(arguments: list[str]) -> int:
    """Compiles every catalogue, or with --check names those that are stale and returns 1."""
    sources = sorted(LOCALES.glob("*/LC_MESSAGES/*.po"))
    if "--check" not in arguments:
        for source in sources:
            source.with_suffix(".mo").write_bytes(compiled(source))
            print(f"compiled {source.with_suffix('.mo').name} of {source.parent.parent.name}")
        return 0
    stale = [source for source in sources if not is_current(source)]
    for source in stale:
        print(f"stale: {source.with_suffix('.mo')}; run python -m installers.catalogue")
    print(f"catalogues: {len(sources) - len(stale)} of {len(sources)} up to date")
    return 1 if stale or not sources else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
