"""Server-sent events read the same however the network cuts them up, and never fill the memory."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sse import EVENT_BYTES_MAX, BadStream, SseEvent, SseReader

TEXT = (
    "event: hello\r\ndata: {}\r\n\r\n: keep\n\nevent: row\nid: 1.2.3\ndata: {\ndata: 라떼}\n\n"
    "retry: 10\ndata:no blank\r\rid: x\n\n"
).encode()
EVENTS = [
    SseEvent("hello", "", "{}"),
    SseEvent(":", "", "keep"),
    SseEvent("row", "1.2.3", "{\n라떼}"),
    SseEvent("", "", "no blank"),
]


def read(chunks: list[bytes]) -> list[SseEvent]:
    reader = SseReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


@given(st.lists(st.integers(0, len(TEXT)), max_size=12))
def test_cuts_anywhere_change_nothing(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TEXT)]

    assert read([TEXT[a:b] for a, b in pairwise(edges)]) == EVENTS


def test_byte_by_byte_is_the_same() -> None:
    assert read([TEXT[n : n + 1] for n in range(len(TEXT))]) == EVENTS


@pytest.mark.parametrize(
    "chunks",
    [
        [b"x" * (EVENT_BYTES_MAX + 1)],
        [b"data: " + b"x" * 1000 + b"\n"] * (EVENT_BYTES_MAX // 1000),
        [b"data: \xff\xfe\n\n"],
    ],
)
def test_what_is_no_event_stream_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(BadStream):
        read(chunks)
