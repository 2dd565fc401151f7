"""The two ways of reading a push come to the same: bytes in the canonical spelling, and everything else."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cloud_api import strict_json
from cloud_api.bulk import copy_block
from cloud_api.devices.auth import DeviceCall
from cloud_api.errors import ApiError
from cloud_api.gateway import push
from cloud_api.gateway.operations import read_fact
from cloud_api.gateway.spelled import Spelled, loads_push
from cloud_api.ledger.facts import EarnFact, Origin
from sync import outbox
from sync.protocol import CHAIN_START, canonical_json
from tests.agent.test_many_hands import captured
from tests.helpers.counter import counter

CALL = DeviceCall("device-1", "store-1", "brand-1", 1, "n" * 16, b"k" * 32)
ORIGIN = Origin("op-1", "device-1", "store-1", "tablet")
EARN: dict[str, Any] = {
    "op_id": "op-1",
    "device": "device-1",
    "epoch": 1,
    "seq": 1,
    "kind": "earn",
    "v": 1,
    "store": "store-1",
    "actor": "tablet",
    "wall_ms": 1_760_000_000_000,
    "mono_ms": 5,
    "boot_id": "boot",
    "seen_cursor": "1.1.1",
    "body": {
        "earn_id": "earn-1",
        "phone": "+821012345678",
        "receipt": {"fingerprint": "f" * 64, "approval_tags": [], "receipt_no": "1", "till": None, "kind": "sale"},
        "paid_won": 4500,
        "points": 45,
        "rate_bp": 100,
        "policy_version": 1,
        "source": "receipt_auto",
        "occurred_ms": 1_760_000_000_000,
    },
}
_PLACES = [(name,) for name in EARN]
_PLACES += [("body", name) for name in EARN["body"]]
_PLACES += [("body", "receipt", name) for name in EARN["body"]["receipt"]]
_STRANGE = [
    *(None, True, False, 0, -0, -1, 1, 2**47 + 1, 2**53, 2**63 - 1, 2**63, 2**64, 10**40, -(2**63), -(2**70)),
    *(0.0, 1.0, 4500.0, 1.5, 1e300, "", " ", "x" * 129, "x" * 201, "\x7f", "\u2028", "가나다", "😀", "\ud800", "\x00"),
    *('"', "\\", "/", "\n", "010-1234-5678", "+820101234", "+821000001234", "０１０", "+82 10-1234-5678", "+82010"),
    *([], ["a"], ["a"] * 51, [""], [1], [["a"]], {}, {"a": 1}, {"phone": "+821012345678"}),
]
_values = st.sampled_from(_STRANGE) | st.text(max_size=30) | st.integers() | st.floats(allow_nan=False)


@st.composite
def _ops(draw: st.DrawFn) -> dict[str, Any]:
    """An earn with a few fields changed, missing or added."""
    op = copy.deepcopy(EARN)
    for place in draw(st.lists(st.sampled_from(_PLACES), max_size=3)):
        holder: Any = op
        for name in place[:-1]:
            holder = holder.get(name) if isinstance(holder, dict) else None
        if not isinstance(holder, dict):
            continue
        change = draw(st.sampled_from(["set", "set", "drop", "add"]))
        if change == "set":
            holder[place[-1]] = draw(_values)
        elif change == "drop":
            holder.pop(place[-1], None)
        else:
            holder[draw(st.text(max_size=5))] = draw(_values)
    return op


def _canonical(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def _twice(value: Any) -> bytes:
    """A key that appears twice; the last one is as it should be."""
    return _canonical(value).replace(b'"paid_won":', b'"paid_won":1,"paid_won":', 1)


_SPELLINGS: list[Callable[[Any], bytes]] = [
    *(_canonical, _canonical, _twice),
    lambda value: json.dumps(value).encode(),  # blanks and escapes
    lambda value: json.dumps(value, separators=(",", ":")).encode(),
    lambda value: _canonical(value).replace(b'"seq":1', b'"seq":1.0'),
    lambda value: _canonical(value).replace(b'"seq":1', b'"seq":-0'),
    lambda value: _canonical(value).replace(b"4500", b"45e2"),
    lambda value: _canonical(value).replace(b"tablet", b"tabl\\u0065t"),
    lambda value: _canonical(value).replace(b"tablet", b"tab\xed\xa0\x80let"),
    lambda value: _canonical(value).replace(b"tablet", b"tab\xffle\x01t"),
    lambda value: _canonical(value).replace(b"null", b"NaN"),
    lambda value: _canonical(value).replace(b"[]", b"[" * 40 + b"]" * 40),
]


def _whole(ops: list[bytes]) -> bytes:
    frame = _canonical({"epoch": 1, "last_hash": "0" * 64, "ops": [], "prev_hash": CHAIN_START, "protocol": 1})
    return frame.replace(b'"ops":[]', b'"ops":[' + b",".join(ops) + b"]")


def _read(load: Callable[[bytes], tuple[Any, bool]], raw: bytes) -> object:
    """What a push would make of the bytes: hashes, problems and facts."""
    try:
        body, floats = load(raw)
    except strict_json.BadJson as error:
        return type(error).__name__
    batch = push.Batch(1, body["prev_hash"], body["last_hash"], body["ops"], no_floats=not floats)
    try:
        first = batch.first_seq()
    except ApiError as error:
        return error.extra
    read = [
        (op.seq, op.op_id, op.kind, op.hash, op.raw, op.problem, op.op and (op.op.actor, read_fact(op.op, ORIGIN)))
        for op in push._read(batch, first, CALL)
    ]
    return body["protocol"], body["epoch"], read


def _flat(read: object) -> str:
    return repr(read)  # facts are records without an order; -0 and 0, True and 1 must not be taken for the same


@given(st.lists(st.tuples(_ops(), st.sampled_from(_SPELLINGS)), min_size=1, max_size=3))
@example([(EARN, _canonical)])
@example([(EARN, spell) for spell in _SPELLINGS])
@example([(EARN | {"actor": value}, _canonical) for value in _STRANGE])
@example([(EARN | {"body": EARN["body"] | {"phone": value}}, _canonical) for value in _STRANGE])
def test_both_ways_come_to_the_same_for_anything(drawn: list[tuple[dict[str, Any], Callable[[Any], bytes]]]) -> None:
    """Cases 10–14, 16: duplicate keys, fractions, huge numbers, half characters; the same outcome and the same hash."""
    for op, spell in drawn:
        raw = _whole([spell(op)])
        assert _flat(_read(loads_push, raw)) == _flat(_read(strict_json.loads_telling_floats, raw))
    raw = _whole([spell(op | {"seq": n}) for n, (op, spell) in enumerate(drawn, start=1)])
    assert _flat(_read(loads_push, raw)) == _flat(_read(strict_json.loads_telling_floats, raw))


@given(st.binary(max_size=4), st.integers(0, 900), st.integers(0, 4))
def test_both_ways_come_to_the_same_for_damaged_bytes(put: bytes, place: int, removed: int) -> None:
    whole = _whole([_canonical(EARN), _canonical(EARN | {"seq": 2})])
    raw = whole[:place] + put + whole[place + removed :]

    def outcome(load: Callable[[bytes], tuple[Any, bool]]) -> str:
        try:
            return _flat(_read(load, raw))
        except (KeyError, TypeError, AttributeError):
            return "not a push"  # refused by the route before anything reads it

    assert outcome(loads_push) == outcome(strict_json.loads_telling_floats)


def test_what_our_own_agent_sends_takes_the_short_way(tmp_path: Path) -> None:
    """Otherwise every earn would cost the cloud five times as much to read, and nobody would notice."""
    with counter(tmp_path) as shop:
        shop.agent.earn.ingest(captured(shop.clock))
        shop.agent.earn.submit_phone(shop.agent.earn.open_entry(), "01012345678")
        with shop.bench.store.read() as conn:
            batch = outbox.next_batch(conn, shop.bench.cipher)
    assert batch is not None

    body, _floats = loads_push(canonical_json(batch.to_wire()))

    earns = [op for op, sent in zip(body["ops"], batch.ops, strict=True) if sent.kind == "earn"]
    assert [type(op) for op in earns] == [Spelled]
    assert isinstance(read_fact(earns[0].op, ORIGIN), EarnFact)


def test_every_field_of_an_earn_is_in_its_record() -> None:
    """A field that is added to the fact must be read on both ways."""
    raw = _whole([_canonical(EARN)])
    [found] = loads_push(raw)[0]["ops"]
    fact = read_fact(found.op, ORIGIN)
    assert fact is not None

    # An earn of a sale on which points were spent, or of which more is known, is rare and takes the long way.
    given_names = set(EARN["body"]) | set(EARN["body"]["receipt"]) | {"origin", "points_spent_won", "sale", "stamps"}
    assert {field.name for field in dataclasses.fields(fact)} <= given_names


@given(
    st.lists(
        st.tuples(
            st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none() | st.binary(max_size=8),
            st.sampled_from(["plain", "a\tb", "a\nb", "a\rb", "a\\b", "\\N", "\\.", ""]),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_rows_copied_in_bulk_say_what_they_hold(rows: list[tuple[Any, ...]]) -> None:
    """Read back as PostgreSQL's documentation of COPY says."""
    lines = copy_block(rows).decode().removesuffix("\n").split("\n")

    assert [tuple(map(_uncopied, line.split("\t"), row)) for line, row in zip(lines, rows, strict=True)] == rows


_SIGNS = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


def _uncopied(text: str, like: Any) -> Any:
    if text == "\\N":
        return None
    plain, at = "", 0
    while at < len(text):
        step = 2 if text[at] == "\\" else 1
        plain += _SIGNS[text[at : at + 2]] if step == 2 else text[at]
        at += step
    if isinstance(like, bytes):
        assert plain.startswith("\\x")
        return bytes.fromhex(plain[2:])
    return int(plain) if isinstance(like, int) else plain


def test_stamps_are_read_on_both_ways() -> None:
    """Only a counter of a store that gives stamps writes them."""
    with_stamps = EARN | {"body": EARN["body"] | {"stamps": 2}}
    [short] = loads_push(_whole([_canonical(with_stamps)]))[0]["ops"]
    [long] = loads_push(_whole([_canonical(with_stamps | {"body": with_stamps["body"] | {"sale": {}}})]))[0]["ops"]

    assert isinstance(short, Spelled)
    assert not isinstance(long, Spelled)
    read = read_fact(short.op, ORIGIN)
    assert isinstance(read, EarnFact)
    assert read.stamps == 2
