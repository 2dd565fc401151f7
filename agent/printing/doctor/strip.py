"""The picture of the doctor's strip, as a printer without faults makes it."""

from __future__ import annotations


def strip_picture() -> bytes:
    """PNG of the paper that a person holds while answering."""
    from printers.doctor import strip
    from printers.emulator.press import Head
    from printers.emulator.printer import EmulatedPrinter
    from printers.emulator.render import page_png
    from printers.encode import Ink

    ink = Ink.bundled()
    printer = EmulatedPrinter(Head(dots=576))
    printer.receive(strip(ink))
    printer.tear_off()
    return page_png(printer.take_pages()[0], ink.painter, paper=True)
