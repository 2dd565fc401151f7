"""Owns the words for this computer's troubles on the home page: one line each, and what to do. No Qt."""

from __future__ import annotations

from agent.home.state import Warn
from agent.link.troubles import Trouble, TroubleWord
from agent.texts import Texts


def warning_of(t: Texts, trouble: Trouble) -> Warn:
    """Red is what needs a person now."""
    when = t.clock(trouble.at_wall_ms) if trouble.at_wall_ms is not None else ""
    match trouble.word:
        case TroubleWord.HALTED:
            sentence = t._("Sending has stopped. What you enter is kept here")
            return Warn(sentence, "circle-alert", "red", t._("Call the help desk"))
        case TroubleWord.DISK_FULL:
            sentence = t._("The disk is full, so points wait. Delete files you do not need")
            return Warn(sentence, "circle-alert", "red", t.n("{n} MB left", n=trouble.count))
        case TroubleWord.DIFFERS:
            sentence = t._("This screen differs from the server and is being corrected")
            return Warn(sentence, "circle-alert", "red", t._("If it stays, call the help desk"))
        case TroubleWord.RECORDS_LOST:
            sentence = t.n("The data file was damaged: {n} records could not be restored", n=trouble.count)
            return Warn(sentence, "circle-alert", "red", t._("Call the help desk"))
        case TroubleWord.DISK_LOW:
            sentence = t._("The disk is nearly full. Delete files you do not need")
            return Warn(sentence, "triangle-alert", "amber", t.n("{n} MB left", n=trouble.count))
        case TroubleWord.CLOCK_OFF:
            sentence = t.n("This computer's clock is {n} minutes off. Let it set itself", n=t.number(trouble.count))
            return Warn(sentence, "triangle-alert", "amber", t._("Points are kept all the same"))
        case TroubleWord.RESTORED:
            sentence = t._("The data file was damaged and restored. No record is missing")
            return Warn(sentence, "triangle-alert", "amber", t.n("restored at {time}", time=when))
        case TroubleWord.CORRECTED:
            sentence = t._("This screen differed from the server and was corrected. Nothing to do")
            return Warn(sentence, "triangle-alert", "amber", t.n("corrected at {time}", time=when))
    sentence = t._("Members' points here are more than a day old. Check the internet")
    return Warn(sentence, "triangle-alert", "amber", t._("Until then no points are spent offline"))
