"""Turns the bytes of a document into letters: which encoding it is in, and what each byte means there.

The bytes themselves are the best witness: Korean UTF-8 is practically never valid CP949 text or the other way round.
What the stream announced (FS &, FS ., ESC t, FS ( C, ESC R) decides where the bytes leave room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from printers.stream.state import PrinterState
from printers.stream.tokenizer import Token, TokenKind

UTF8_SHARE_MIN = 0.9  # of all bytes above 127; the rest may be a letter cut off by the end of the stream
RULE_BYTES_MIN = 6
KOREAN_CHARSET = 13  # ESC R 13: the backslash prints as the won sign

_UTF8_KOREAN = re.compile(rb"[\xe2\xe3\xea-\xef][\x80-\xbf]{2}")
_UTF8_HANGUL = re.compile(rb"[\xea-\xed][\x80-\xbf]{2}")
_HIGH = re.compile(rb"[\x80-\xff]")
_KOREAN_PROOF = tuple(word.encode("cp949") for word in ("합계", "금액", "카드", "승인", "영수증", "결제", "주문"))
_CODE_PAGES = {0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 16: "cp1252", 17: "cp866", 18: "cp852"}
# Of the katakana page only its line-drawing part occurs in Korea.
_LINES = dict.fromkeys(range(0x80, 0xA0), "-") | {0x96: "|"}


def document_encoding(tokens: Iterable[Token]) -> str:
    """ "utf-8" or "cp949": what the two- and three-byte letters of a document are."""
    parts: list[bytes] = []
    for token in tokens:
        if token.kind is TokenKind.TEXT:
            parts.append(token.data)
        elif token.kind is not TokenKind.REALTIME:
            parts.append(b"\n")
    text = b"".join(parts)
    high = len(_HIGH.findall(text))
    if not high or not _UTF8_HANGUL.search(text):
        return "cp949"
    return "utf-8" if 3 * len(_UTF8_KOREAN.findall(text)) >= UTF8_SHARE_MIN * high else "cp949"


def ignores_single_byte_mode(tokens: Iterable[Token], hangul: bool | None) -> bool:
    """Whether text sent after FS . is plainly Korean: then the printer ignores FS . and so must we."""
    parts: list[bytes] = []
    for token in tokens:
        if token.name in ("FS &", "FS .", "ESC @"):
            hangul = {"FS &": True, "FS .": False}.get(token.name)
        elif hangul is False and token.kind is TokenKind.TEXT:
            parts.append(token.data)
    text = b"".join(parts)
    return any(word in text for word in _KOREAN_PROOF)


def decode(raw: bytes, state: PrinterState, encoding: str, *, hangul_proved: bool) -> str:
    """Letters of one run; what is no letter becomes U+FFFD. Never raises."""
    if len(raw) >= RULE_BYTES_MIN and raw[0] >= 0x80 and raw.count(raw[0]) == len(raw):
        return "-" * len(raw)  # a line drawn with one character of whatever code page
    if raw.isascii():
        text = raw.decode("ascii")
    elif state.hangul is False and encoding == "cp949" and not hangul_proved:
        text = _single_bytes(raw, state.code_page)
    else:
        text = raw.decode(encoding, "replace")
    return text.replace("\\", "₩") if state.charset == KOREAN_CHARSET else text


def _single_bytes(raw: bytes, code_page: int) -> str:
    if code_page == 1:
        return "".join(chr(byte) if byte < 0x80 else _LINES.get(byte, "·") for byte in raw)
    return raw.decode(_CODE_PAGES.get(code_page, "cp437"), "replace")


def cells(text: str) -> int:
    """Width in half-width cells: a letter of two bytes is two cells wide."""
    return len(text) if text.isascii() else len(text.encode("cp949", "replace"))
