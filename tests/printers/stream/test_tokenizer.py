"""The tokenizer knows every length, at any chunking, and never reads a payload as text (PNT-07)."""

from __future__ import annotations

import itertools
import os
import time
import tracemalloc
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.stream.tokenizer import Token, Tokenizer, TokenKind

HAP = "합계".encode("cp949")


def tokens_of(stream: bytes, cuts: Iterable[int] = ()) -> list[Token]:
    tokenizer = Tokenizer()
    edges = [0, *sorted(cuts), len(stream)]
    found: list[Token] = []
    for start, end in itertools.pairwise(edges):
        found += tokenizer.feed(stream[start:end])
    return found + tokenizer.close()


def text_of(stream: bytes) -> bytes:
    return b"".join(token.data for token in tokens_of(stream) if token.kind is TokenKind.TEXT)


def commands_of(stream: bytes) -> list[str]:
    return [token.name for token in tokens_of(stream) if token.kind is TokenKind.COMMAND]


def joined(tokens: Iterable[Token]) -> list[tuple[object, ...]]:
    """Tokens, each with the offset where it ends; runs of text put together, so that chunkings can be compared."""
    answer: list[tuple[object, ...]] = []
    end = 0
    for token in tokens:
        end += token.span
        if token.kind is TokenKind.TEXT and answer and answer[-1][0] is TokenKind.TEXT:
            answer[-1] = (TokenKind.TEXT, "", bytes(answer[-1][2]) + token.data, end)  # type: ignore[arg-type]
        elif token.kind is TokenKind.TEXT:
            answer.append((TokenKind.TEXT, "", token.data, end))
        else:
            answer.append((token.kind, token.name, token.data, token.size, end, token.complete))
    return answer


DECOY = b"\n" + HAP + b" 99,000\n\x1dV\x00\x1b@"


@pytest.mark.parametrize(
    "command",
    [
        b"\x1dv0\x00" + len(DECOY).to_bytes(2, "little") + b"\x01\x00" + DECOY,
        b"\x1d(L" + (len(DECOY) + 2).to_bytes(2, "little") + b"\x30\x70" + DECOY,
        b"\x1d8L" + len(DECOY).to_bytes(4, "little") + DECOY,
        b"\x1d(k" + len(DECOY).to_bytes(2, "little") + DECOY,
        b"\x1dkI" + bytes([len(DECOY)]) + DECOY,
        b"\x1dk\x04" + DECOY.replace(b"\x00", b"\x01") + b"\x00",
        b"\x1dka\x03\x01" + len(DECOY).to_bytes(2, "little") + DECOY,
        b"\x1b*\x00" + len(DECOY).to_bytes(2, "little") + DECOY,
        b"\x1b*\x21" + (len(DECOY)).to_bytes(2, "little") + DECOY * 3,
        b"\x1b&\x03AB" + b"\x08" + DECOY + b"x" * (24 - len(DECOY)) + b"\x00",
        b"\x1d*\x01\x03" + DECOY + b"x" * (24 - len(DECOY)),
        b"\x1cq\x02\x01\x00\x03\x00" + DECOY + b"x" * (24 - len(DECOY)) + b"\x03\x00\x01\x00" + b"y" * 24,
        b"\x1c2\xfe\xa1" + DECOY + b"x" * (72 - len(DECOY)),
        b"\x1cp\x01\x00",
        b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08",
        b"\x10\x14\x01\x00\x05",
        b"\x1cg1\x00\x00\x00\x00\x00" + len(DECOY).to_bytes(2, "little") + DECOY,
        b"\x1dQ0\x00" + len(DECOY).to_bytes(2, "little") + b"\x01\x00" + DECOY,
        b"\x1dD0S00A" + b"BM" + (len(DECOY) + 6).to_bytes(4, "little") + DECOY,
        b"\x1dC;1;2;3;4;5;",
        b"\x1b(A" + len(DECOY).to_bytes(2, "little") + DECOY,
        b"\x1c(A\x02\x000\x00",
        b"\x1bD\x08\x0a\x1b\x41\x00",
        b"\x1bW" + b"A" * 8,
        b"\x1dg2\x00AB",
        b"\x1bc5A",
        b"\x1dz0AB",
    ],
)
def test_nothing_of_a_payload_is_text(command: bytes) -> None:
    assert text_of(b"A" + command + b"B") == b"AB"
    assert commands_of(b"A" + command + b"B") in ([], commands_of(command))


@pytest.mark.parametrize(
    ("cut", "name"),
    [
        (b"\x1dV\x00", "GS V"), (b"\x1dV\x01", "GS V"), (b"\x1dV0", "GS V"), (b"\x1dVA\x10", "GS V"),
        (b"\x1dVB\x00", "GS V"), (b"\x1dVg\x03", "GS V"), (b"\x1bi", "ESC i"), (b"\x1bm", "ESC m"),
    ],
)  # fmt: skip
def test_every_form_of_the_cut_is_one_command(cut: bytes, name: str) -> None:
    assert commands_of(b"x" + cut + b"y") == [name]
    assert text_of(b"x" + cut + b"y") == b"xy"


def test_status_requests_are_found_inside_letters_numbers_and_commands() -> None:
    stream = b"\xc7\x10\x04\x01\xd5 4,\x10\x04\x04000\x1b\x10\x04\x02a\x01\x1d!\x10\x10\x05\x02z\x10\x04\x07\x01"

    asked = [token for token in tokens_of(stream) if token.kind is TokenKind.REALTIME]

    assert [(token.name, token.data) for token in asked] == [
        ("DLE EOT", b"\x01"),
        ("DLE EOT", b"\x04"),
        ("DLE EOT", b"\x02"),
        ("DLE ENQ", b"\x02"),
        ("DLE EOT", b"\x07\x01"),
    ]
    assert asked[0].span == 3
    assert text_of(stream) == "합".encode("cp949") + b" 4,000z"
    assert commands_of(stream) == ["ESC a", "GS !"]


def test_a_status_request_inside_a_picture_is_picture() -> None:
    stream = b"\x1dv0\x00\x03\x00\x01\x00\x10\x04\x01" + b"A"

    assert [token.kind for token in tokens_of(stream)] == [TokenKind.COMMAND, TokenKind.TEXT]


def test_a_size_that_looks_like_dle_stays_a_size() -> None:
    stream = b"\x1d!\x10" + HAP

    assert tokens_of(stream)[0].data == b"\x10"
    assert text_of(stream) == HAP


def test_a_claimed_length_of_four_gigabytes_costs_no_memory() -> None:
    """Reliability case 49."""
    tracemalloc.start()
    tokenizer = Tokenizer()
    tokenizer.feed(b"\x1d8L\xff\xff\xff\xff")
    for _ in range(50):
        assert tokenizer.feed(b"\x00" * 65_536) == []
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    last = tokenizer.close()

    assert peak < 1_000_000
    assert not last[0].complete
    assert last[0].size == 5 + 50 * 65_536
    assert len(last[0].data) <= 4_096


def test_a_stream_that_ends_inside_a_command_says_so() -> None:
    assert [token.complete for token in tokens_of(b"\x1b")] == [False]
    assert [token.complete for token in tokens_of(b"A\x1dv0\x00\x10")] == [True, False]
    assert tokens_of(b"") == []


@given(st.binary(max_size=600), st.lists(st.integers(0, 600), max_size=8))
def test_chunking_never_changes_the_answer(stream: bytes, cuts: list[int]) -> None:
    inside = [cut for cut in cuts if cut <= len(stream)]

    assert joined(tokens_of(stream, inside)) == joined(tokens_of(stream))
    assert joined(tokens_of(stream, range(len(stream)))) == joined(tokens_of(stream))


@given(
    st.lists(
        st.sampled_from([b"\x1b", b"\x1d", b"\x1c", b"\x10", b"\x04", b"\x01", b"\x14", b"v0\x00", b"(L", b"*", b"&",
                         b"q", b"k", b"D", b"V", b"\x41", b"\x00", b"\xff", b"\x02\x00", b"C;", b"8L"]),
        max_size=60,
    )
)  # fmt: skip
def test_broken_commands_never_crash_and_spans_lie_within_the_stream(parts: list[bytes]) -> None:
    stream = b"".join(parts)
    tokens = tokens_of(stream)

    assert all(token.span >= 0 for token in tokens)
    assert sum(token.span for token in tokens) <= len(stream)
    assert joined(tokens_of(stream, range(len(stream)))) == joined(tokens)


def test_four_times_the_text_takes_about_four_times_the_work() -> None:
    """Processor time of this thread, so that a busy machine does not count; quadratic work would be sixteen times."""
    line = "아메리카노        4,500\n".encode("cp949")

    def work_s(size: int) -> float:
        stream, tokenizer = line * (size // len(line)), Tokenizer()
        began = time.thread_time()
        for start in range(0, len(stream), 4_096):  # tokens are dropped, so that no heap grows beside the work
            tokenizer.feed(stream[start : start + 4_096])
        return time.thread_time() - began

    assert work_s(800_000) < 10 * work_s(200_000)


def test_public_streams_survive_any_chunking() -> None:
    folder = Path(os.environ.get("ESCPOS_SAMPLES", "no-such-folder"))
    if not folder.is_dir():
        pytest.skip("set ESCPOS_SAMPLES to a folder of public sample streams")
    for path in sorted(folder.glob("*.bin")):
        stream = path.read_bytes()[:60_000]
        assert joined(tokens_of(stream, range(0, len(stream), 7))) == joined(tokens_of(stream)), path.name
