"""Owns what this shop has taught the reader: one question about a paper, its answer, and the rules that come of it.

A rule names what the amount behind a label is. It is used for papers that cannot be read without it, and proves nothing
by itself: the witnesses on the paper still have to agree.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agent.dispatch import Listeners
from agent.logbook import topic
from printers.capture.captured import text_digest
from printers.capture.spool import CapturedDocument
from printers.receipts.learned import Guess, Meaning, guesses, lesson_of, read_again, teachable
from printers.receipts.reading import Reading
from sync.clock import Clock
from sync.inbox import RowContext
from sync.protocol import FeedRow
from sync.store import Store, get_meta, set_meta

FILE_VERSION = 1
FILE_LESSONS_MAX = 1_000
POS_MODEL_MAX = 60  # letters; as the cloud takes them
POS_MODEL_SETTING = "receipts.pos_model"  # meta: what staff said the till is
COUNTER, FILE, HQ = "counter", "file", "hq"
log = topic("receipts")


@dataclass(frozen=True)
class Lesson:
    """One rule: a label of this shop's papers and what its amount is."""

    label: str
    meaning: Meaning
    pos_model: str
    origin: str
    taught_ms: int


@dataclass(frozen=True)
class Answered:
    """What an answer did: the rule that came of it, if one did, and how many papers it made readable."""

    lesson: Lesson | None
    read_again: int


class LessonsService:
    """Thread-safe. ``ingest`` books a document that was a question (``EarnService.ingest`` with ``again``); without it
    rules can be seen and moved, and nothing is booked."""

    def __init__(
        self, *, store: Store, clock: Clock, ingest: Callable[[CapturedDocument], object] | None = None
    ) -> None:
        self.listeners = Listeners()
        self._store = store
        self._clock = clock
        self._ingest = ingest
        self._told = False  # head office has sent something that unread papers were not read with yet

    # --- reading ---------------------------------------------------------------------------------------------------

    def taught(self, document: CapturedDocument) -> CapturedDocument:
        """The document as it reads with what was taught; itself when it needs no lesson or none helps."""
        if document.reading.get("kind") != "unknown":
            return document
        return _with_reading(document, self._tried(document))

    def question(self, document_id: str) -> tuple[Guess, ...]:
        """What may have been paid with an unread paper, the likeliest first; empty when there is nothing to ask."""
        document = self._unread(document_id)
        return guesses(document.lines) if document else ()

    # --- the till ----------------------------------------------------------------------------------------------------

    def pos_model(self) -> str:
        """What staff said the till is; empty while they said nothing."""
        with self._store.read() as conn:
            return get_meta(conn, POS_MODEL_SETTING) or ""

    def pos_models(self) -> tuple[str, ...]:
        """Those that lessons of this shop or of headquarters name."""
        return tuple(sorted({lesson.pos_model for lesson in self.lessons()} - {""}))

    def set_pos_model(self, name: str) -> None:
        """What the till is from now on: lessons of the same are tried first, and ours go to headquarters with it. What
        is too long is cut."""
        kept = " ".join(name.split())[:POS_MODEL_MAX]
        with self._store.transaction() as conn:
            set_meta(conn, POS_MODEL_SETTING, kept or None)
        log.event("pos_model_said", pos_model=kept)
        self._read_the_others()

    # --- answers ---------------------------------------------------------------------------------------------------

    def answer(self, document_id: str, paid_won: int, *, by: str | None = None) -> Answered | None:
        """A person says what was paid: that paper counts so, and the rule that comes of it reads the others.

        None when the paper is no question any more or shows no such amount.
        """
        document = self._unread(document_id)
        if (
            self._ingest is None
            or document is None
            or paid_won not in {guess.amount_won for guess in guesses(document.lines)}
        ):
            return None
        taught = lesson_of(document.lines, paid_won, approved=bool(document.approval_tags))
        lesson = None
        if taught is not None:
            label, meaning = taught
            lesson = Lesson(label, meaning, self.pos_model(), COUNTER, self._clock.wall_ms())
            self._keep([lesson], document_id=document_id, by=by)
        self._ingest(_with_reading(document, _as_answered(document, paid_won, self._meanings())))
        log.event("paper_answered", document=document_id, taught=lesson is not None, by=by or "")
        return Answered(lesson, self._read_the_others())

    def not_a_payment(self, document_id: str) -> bool:
        """A person says that nothing was paid with this paper; False when it is no question any more."""
        document = self._unread(document_id)
        if self._ingest is None or document is None:
            return False
        self._ingest(replace(document, reading={**document.reading, "kind": "none", "total": None, "paid": None}))
        self.listeners.notify()
        return True

    # --- rules -----------------------------------------------------------------------------------------------------

    def lessons(self) -> tuple[Lesson, ...]:
        """Everything that was taught, the newest first."""
        with self._store.read() as conn:
            rows = conn.execute(
                "SELECT label, meaning, pos_model, origin, taught_ms FROM layout_lesson ORDER BY taught_ms DESC, label"
            ).fetchall()
        return tuple(Lesson(row[0], Meaning(row[1]), row[2], row[3], int(row[4])) for row in rows)

    def change(self, label: str, meaning: Meaning) -> int:
        """Gives a rule another meaning, which is the shop's own word from then on; answers how many papers it made
        readable. Unknown labels change nothing."""
        with self._store.transaction() as conn:
            given = (meaning.value, COUNTER, label)
            conn.execute("UPDATE layout_lesson SET meaning = ?, origin = ? WHERE label = ?", given)
        return self._read_the_others()

    def forget(self, label: str) -> None:
        """The rule goes. What was credited by it stays: its witnesses agreed."""
        with self._store.transaction() as conn:
            conn.execute("DELETE FROM layout_lesson WHERE label = ?", (label,))
        self.listeners.notify()

    def exported(self, pos_model: str = "") -> str:
        """All rules as a file for headquarters or another shop with the same POS, which is the one that staff named
        unless another is given. Labels only: no amounts, no names."""
        found = [{"label": lesson.label, "meaning": lesson.meaning.value} for lesson in self.lessons()]
        content = {
            "withfom_layout_lessons": FILE_VERSION,
            "pos_model": pos_model or self.pos_model(),
            "lessons": found,
        }
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"

    def take_in(self, text: str) -> int:
        """Adds the rules of such a file; the shop's own stay as they are. Answers how many were new.

        Raises ValueError when the text is no such file, or names a label or a meaning that cannot be taught.
        """
        model, found = _parsed(text)
        known = {lesson.label for lesson in self.lessons()}
        now_ms = self._clock.wall_ms()
        new = [Lesson(label, meaning, model, FILE, now_ms) for label, meaning in found.items() if label not in known]
        self._keep(new)
        self._read_the_others()
        return len(new)

    # --- what head office says -------------------------------------------------------------------------------------

    def apply_layout_row(self, conn: sqlite3.Connection, row: FeedRow, _context: RowContext) -> None:
        """The inbox applier of layout rows. The shop's own lesson for a label stays; a withdrawn one goes, and what it
        helped to credit stays, because its witnesses agreed. What cannot be taught here is no lesson."""
        label, meaning = str(row.body["label"]), row.body["meaning"]
        conn.execute("DELETE FROM layout_lesson WHERE label = ? AND origin = ?", (label, HQ))
        if meaning in {known.value for known in Meaning} and teachable(label):
            conn.execute(
                "INSERT OR IGNORE INTO layout_lesson (label, meaning, pos_model, origin, taught_ms)"
                " VALUES (?, ?, ?, ?, ?)",
                (label, meaning, str(row.body["pos_model"]), HQ, self._clock.wall_ms()),
            )
            self._told = True

    def tick(self) -> None:
        """Called every second: reads what could not be read with what head office has sent since."""
        if self._told:
            self._told = False
            self._read_the_others()

    # --- inside ----------------------------------------------------------------------------------------------------

    def _meanings(self) -> dict[str, Meaning]:
        return {lesson.label: lesson.meaning for lesson in self.lessons()}

    def _trials(self) -> tuple[dict[str, Meaning], ...]:
        """The lessons in the order in which papers are tried with them: those of this till, and what this counter
        taught itself, then all. A label of another till never decides where our own are enough."""
        lessons, mine = self.lessons(), self.pos_model()
        every = {lesson.label: lesson.meaning for lesson in lessons}
        near = {
            lesson.label: lesson.meaning for lesson in lessons if lesson.origin == COUNTER or lesson.pos_model == mine
        }
        return (near, every) if mine and near and near != every else (every,)

    def _tried(self, document: CapturedDocument) -> Reading | None:
        """What the paper says with what was taught; None when no lesson helps."""
        found = (_read(document, lessons) for lessons in self._trials() if lessons)
        return next((reading for reading in found if reading is not None), None)

    def _keep(self, lessons: list[Lesson], *, document_id: str | None = None, by: str | None = None) -> None:
        with self._store.transaction() as conn:
            conn.executemany(
                "INSERT OR REPLACE INTO layout_lesson (label, meaning, pos_model, origin, document_id, taught_by,"
                " taught_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (lesson.label, lesson.meaning.value, lesson.pos_model, lesson.origin, document_id, by,
                     lesson.taught_ms)
                    for lesson in lessons
                ],
            )  # fmt: skip

    def _read_the_others(self) -> int:
        """Unread papers once more, oldest first; answers how many are read now."""
        lessons = self._meanings()
        with self._store.read() as conn:
            waiting = [_document(row) for row in conn.execute(f"{_UNREAD} ORDER BY captured_ms")]
        read = 0
        for document in waiting if lessons and self._ingest else ():
            reading = self._tried(document)
            if reading is not None and self._ingest is not None:
                self._ingest(_with_reading(document, reading))
                read += 1
        self.listeners.notify()
        return read

    def _unread(self, document_id: str) -> CapturedDocument | None:
        with self._store.read() as conn:
            row = conn.execute(f"{_UNREAD} AND document_id = ?", (document_id,)).fetchone()
        return _document(row) if row else None


_UNREAD = (
    "SELECT document_id, captured_ms, source, reading_json, approval_tags_json, lines_json FROM document"
    " WHERE outcome = 'ask' AND kind = 'unknown'"
)


def _document(row: sqlite3.Row | tuple[Any, ...]) -> CapturedDocument:
    reading, lines = json.loads(row[3]), tuple(json.loads(row[5]))
    return CapturedDocument(
        document_id=row[0],
        captured_wall_ms=int(row[1]),
        source=row[2],
        reading=reading,
        approval_tags=tuple(json.loads(row[4])),
        original_approval_tags=tuple(reading.get("original_approval_tags", ())),
        original_receipt_no=reading.get("original_receipt_no"),
        text_digest=text_digest(lines),
        lines=lines,
    )


def _read(document: CapturedDocument, lessons: dict[str, Meaning]) -> Reading | None:
    """What the paper says with these lessons; None when it still cannot be read."""
    reading = read_again(document.lines, lessons, document.approval_tags)
    return None if reading.kind in ("unknown", "incomplete") else reading


def _as_answered(document: CapturedDocument, paid_won: int, lessons: dict[str, Meaning]) -> Reading:
    """The paper with the answer: as it reads now when that agrees, else a sale on a person's word."""
    reading = _read(document, lessons)
    if reading is not None and reading.kind in ("sale", "reprint") and reading.paid == paid_won:
        return reading
    return Reading(
        "sale",
        paid_won,
        paid_won,
        receipt_no=document.reading.get("receipt_no"),
        time=document.reading.get("time"),
        witnesses=("a person", "printed"),
    )


def _with_reading(document: CapturedDocument, reading: Reading | None) -> CapturedDocument:
    if reading is None:
        return document
    found = reading.to_dict()
    del found["approval_numbers"]
    for payment in found["payments"]:
        tag = payment.pop("approval_no", None)
        if tag:
            payment["approval_tag"] = tag
    found["till"] = reading.till or document.reading.get("till")
    found["witnesses"] = list(reading.witnesses)
    # A number that the rows had to hide is no fact; the capture has seen to that, so its own facts win.
    found["receipt_no"] = document.reading.get("receipt_no")
    return replace(document, reading=found)


def _parsed(text: str) -> tuple[str, dict[str, Meaning]]:
    try:
        found = json.loads(text)
        version, model, lessons = found["withfom_layout_lessons"], found["pos_model"], found["lessons"]
        taught = {str(lesson["label"]): Meaning(lesson["meaning"]) for lesson in lessons}
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no file of layout rules") from error
    if version != FILE_VERSION or not isinstance(model, str) or len(taught) > FILE_LESSONS_MAX:
        raise ValueError("layout rules of another version")
    if not all(map(teachable, taught)):
        raise ValueError("a label in the file cannot be taught")
    return model, taught
