"""Reads copies of the streams and hands documents over; one failure costs one document, never the reader."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from printers.capture import spool
from printers.capture.captured import captured, is_receipt_like
from printers.capture.counters import Counters
from printers.capture.shadow import Shadow
from printers.capture.tags import TagMaker
from printers.receipts.reader import read_pages
from printers.receipts.reading import Reading
from printers.stream.documents import CutDocument, DocumentCutter
from printers.stream.page import Page

log = logging.getLogger("capture")

IDLE_S = 2.0  # so long silent: the document is over
STUCK_S = 60.0  # so long silent inside a command: the POS died in the middle of a picture
SLICE_BYTES = 8_192
UNWRITTEN_MAX = 200  # documents kept in memory while the disk is full
RETRY_S = 2.0

OPEN, BYTES, LOST, CLOSE = "open", "bytes", "lost", "close"


@dataclass
class _Stream:
    cutter: DocumentCutter
    last: float
    taken_bytes: int = 0


class CopyReader:
    """Takes events of many sessions in order; `tick` when nothing happens, `finish` at the end. Not thread-safe."""

    def __init__(
        self,
        folder: Path,
        *,
        source: str,
        counters: Counters,
        wall_ms: Callable[[], int],
        monotonic: Callable[[], float],
        new_id: Callable[[], str],
        idle_s: float = IDLE_S,
        make_cutter: Callable[..., DocumentCutter] = DocumentCutter,
    ) -> None:
        self._folder = folder
        self._source = source
        self._counters = counters
        self._wall_ms = wall_ms
        self._monotonic = monotonic
        self._new_id = new_id
        self._idle_s = idle_s
        self._shadow = Shadow(folder)
        self._cutter_type = make_cutter
        self._tags = TagMaker(folder)
        self._streams: dict[int, _Stream] = {}
        self._unwritten: deque[spool.CapturedDocument] = deque()
        self._retry_at = 0.0

    def take(self, kind: str, session: int, chunk: bytes) -> None:
        """One event: OPEN, BYTES, LOST (bytes are missing here) or CLOSE. Never raises."""
        try:
            self._event(kind, session, chunk)
        except Exception as error:  # the reader meets bytes nobody has seen before: its faults must not stop it
            self._failed(session, error)

    def tick(self) -> None:
        """Look after silent sessions and documents that could not be written."""
        self._after_silence()
        self._write_again()
        self._shadow.save()

    def finish(self) -> None:
        """No more bytes will come."""
        for session in list(self._streams):
            self.take(CLOSE, session, b"")
        self._write_again(now=True)
        self._shadow.save()

    def _new_cutter(self) -> DocumentCutter:
        return self._cutter_type(watch=self._shadow.watch)

    def _failed(self, session: int, error: Exception) -> None:
        log.error("reader_failed session=%s error=%s", session, type(error).__name__, exc_info=error)
        self._counters.add("parser_failures")
        if session in self._streams:
            cutter = self._new_cutter()
            cutter.lost_bytes()
            self._streams[session] = _Stream(cutter, self._monotonic(), self._streams[session].taken_bytes)

    def places(self) -> dict[int, tuple[int, bool]]:
        """For each session how many bytes were taken, and whether that is between two documents."""
        return {
            session: (stream.taken_bytes, not (stream.cutter.has_content or stream.cutter.inside_command))
            for session, stream in self._streams.items()
        }

    def _event(self, kind: str, session: int, chunk: bytes) -> None:
        if kind == OPEN:
            self._streams[session] = _Stream(self._new_cutter(), self._monotonic())
            return
        stream = self._streams.get(session)
        if stream is None:  # this reader was started in the middle of a session
            stream = self._streams[session] = _Stream(self._new_cutter(), self._monotonic())
            stream.cutter.lost_bytes()
        if kind == LOST:
            stream.cutter.lost_bytes()
        elif kind == BYTES:
            stream.last = self._monotonic()
            stream.taken_bytes += len(chunk)
            for at in range(0, len(chunk), SLICE_BYTES):
                self._take(stream.cutter.feed(chunk[at : at + SLICE_BYTES]))
        elif kind == CLOSE:
            del self._streams[session]
            self._take(stream.cutter.close())

    def _after_silence(self) -> None:
        now = self._monotonic()
        for session, stream in list(self._streams.items()):
            silent = now - stream.last
            if silent < self._idle_s:
                continue
            try:
                if stream.cutter.inside_command and silent >= STUCK_S:
                    stream.cutter.lost_bytes()
                if stream.cutter.has_content and not stream.cutter.inside_command:
                    self._take(stream.cutter.idle())
            except Exception as error:  # as in take
                self._failed(session, error)

    def _take(self, documents: list[CutDocument]) -> None:
        for document in documents:
            for page, reading in read_pages(document):
                self._hand_over(page, reading)

    def _hand_over(self, page: Page, reading: Reading) -> None:
        if not is_receipt_like(page, reading):
            self._counters.add("not_receipts")
            return
        if reading.kind == "incomplete":
            self._counters.add("incomplete")
        made, full_cards = captured(
            page,
            reading,
            document_id=self._new_id(),
            wall_ms=self._wall_ms(),
            source=self._source,
            tag=self._tags.tag,
        )
        if full_cards:
            self._counters.add("full_cards", full_cards)
            log.warning("unmasked_card_seen count=%s", full_cards)
        self._write(made)

    # -- writing ------------------------------------------------------------------------------------------------

    def _write(self, document: spool.CapturedDocument) -> None:
        if self._unwritten:
            self._keep(document)
            return
        try:
            spool.write(self._folder, document)
        except spool.SpoolFull as error:
            log.warning("spool_full error=%s", error)
            self._counters.add("spool_failures")
            self._retry_at = self._monotonic() + RETRY_S
            self._keep(document)
            return
        self._counters.add("documents")

    def _keep(self, document: spool.CapturedDocument) -> None:
        if len(self._unwritten) >= UNWRITTEN_MAX:
            self._unwritten.popleft()
            self._counters.add("spool_failures")
        self._unwritten.append(document)
        self._counters.put("waiting_for_disk", len(self._unwritten))

    def _write_again(self, *, now: bool = False) -> None:
        if not self._unwritten or (not now and self._monotonic() < self._retry_at):
            return
        while self._unwritten:
            try:
                spool.write(self._folder, self._unwritten[0])
            except spool.SpoolFull:
                self._counters.add("spool_failures")
                self._retry_at = self._monotonic() + RETRY_S
                return
            self._unwritten.popleft()
            self._counters.add("documents")
            self._counters.put("waiting_for_disk", len(self._unwritten))
