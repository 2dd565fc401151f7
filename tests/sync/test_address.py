"""Only https, or this very machine, is an acceptable cloud (case 64)."""

from __future__ import annotations

import pytest

from sync.address import BadAddress, clean_base_url


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://api.example.com/", "https://api.example.com"),
        (" https://api.example.com/cloud/ ", "https://api.example.com/cloud"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses_we_take(text: str, clean: str) -> None:
    assert clean_base_url(text) == clean


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("http://api.example.com", "insecure"),
        ("http://127.0.0.1.example.com", "insecure"),
        ("http://192.168.0.10", "insecure"),
        ("", "malformed"),
        ("api.example.com", "malformed"),
        ("ftp://api.example.com", "malformed"),
        ("https://", "malformed"),
        ("https://user:pw@api.example.com", "malformed"),
        ("https://api.example.com:99999", "malformed"),
        ("https://api.example.com/?x=1", "malformed"),
        ("https://[::1", "malformed"),
        ("https://가나다", "malformed"),
    ],
)
def test_addresses_we_refuse(text: str, code: str) -> None:
    with pytest.raises(BadAddress) as refused:
        clean_base_url(text)

    assert refused.value.code == code
