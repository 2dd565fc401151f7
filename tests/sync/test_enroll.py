"""Joining a store: the key never leaves, the answer is kept in one go, every refusal has words (R1, R2)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync import enroll, outbox
from sync.chain import verify_chain
from sync.clock import FakeClock
from sync.enroll import Enrolled, EnrollRefused, load_device, redeem
from sync.errors import VaultUnavailable
from sync.ids import SystemIds
from sync.inbox import read_cursor
from sync.outbox import NewOp
from sync.outcomes import Denied, Reason, Redeemed, RedeemOutcome, Unavailable
from sync.profile import read_policy, read_store_profile
from sync.secrets import DeviceVault
from sync.store import Store
from sync.transport import REDEEM_PATH
from tests.helpers import fake_cloud
from tests.helpers.fake_cloud import FakeCloud, running
from tests.helpers.waiting import free_port

pytestmark = pytest.mark.usefixtures("cheap_scrypt")

CODE = "BCDF-GHJK"
ANSWER: dict[str, Any] = {
    "device_id": "device-1",
    "epoch": 1,
    "generation": 4,
    "cursor": "4.0.0",
    "server_time_ms": 1_790_000_000_000,
    "store_key": base64.urlsafe_b64encode(b"\xfb" * 32).rstrip(b"=").decode(),
    "store": {
        "store_id": "store-mapo",
        "name": "마포 시험점",
        "brand_name": "시험 커피",
        "service_type": "cafe",
        "plan": "basic",
        "grade": "B",
    },
    "policy": {"version": 2, "rate_bp": 150, "minimum_payment_won": 0, "request_timeout_ms": 60_000},
}


class Desk:
    """A fresh agent that is about to join."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = FakeClock()
        self.store = Store.open(folder, clock=self.clock)
        self.vault = DeviceVault(folder, environ={}, open_keyring=lambda: None)

    def join(
        self, base_url: str = "https://api.example.com", code: str = CODE, **more: Any
    ) -> Enrolled | EnrollRefused:
        ids = SystemIds(self.clock)
        wanted = {"store": self.store, "vault": self.vault, "clock": self.clock, "ids": ids, **more}
        return redeem(base_url, code, "counter", **wanted)

    def append(self, n: int) -> str:
        device = load_device(self.store, self.vault)
        assert device is not None
        with self.store.transaction() as conn:
            op = NewOp("earn", {"n": n}, "tablet", {"phone": "+821012345678"})
            ids = SystemIds(self.clock)
            return outbox.append(conn, op, clock=self.clock, ids=ids, cipher=device.cipher).op_id


class Scripted:
    """A cloud that says what it is told."""

    def __init__(self, *outcomes: RedeemOutcome) -> None:
        self.outcomes = list(outcomes)
        self.asked: list[dict[str, Any]] = []

    def redeem(self, fields: dict[str, Any], *, language: str = "ko") -> RedeemOutcome:
        self.asked.append({**fields, "language": language})
        return self.outcomes.pop(0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def cloud() -> Iterator[FakeCloud]:
    with running(FakeCloud()) as made:
        made.codes["BCDFGHJK"] = dict(ANSWER)
        yield made


def test_a_code_makes_an_enrolled_device_with_its_own_key(desk: Desk, cloud: FakeCloud) -> None:
    found = desk.join(cloud.base_url + "/", "bcdf ghjk")

    assert isinstance(found, Enrolled)
    assert (found.identity.device_id, found.identity.epoch, found.identity.store_id) == ("device-1", 1, "store-mapo")
    device = load_device(desk.store, desk.vault)
    assert device is not None
    assert device.identity == found.identity
    assert device.identity.base_url == cloud.base_url
    assert device.secrets.signing_key().public_key().public_bytes_raw() == cloud.public_keys["device-1"]
    assert device.secrets.store_key == b"\xfb" * 32
    with desk.store.read() as conn:
        profile = read_store_profile(conn)
        assert profile is not None
        assert profile.name == "마포 시험점"
        assert read_policy(conn).rate_bp == 150
        assert str(read_cursor(conn)) == "4.0.0"
    assert [path.stem for path in desk.folder.glob("vault-*")] == [f"vault-{device.identity.vault_entry}"]
    for secret in (device.secrets.private_key, device.secrets.field_key, device.secrets.store_key):
        for file in desk.folder.iterdir():
            assert secret not in file.read_bytes()
            assert base64.b64encode(secret) not in file.read_bytes()


def test_nothing_is_there_before_enrollment(desk: Desk) -> None:
    assert load_device(desk.store, desk.vault) is None


@pytest.mark.parametrize("code", ["", "BCDFGHJ", "BCDFGHJKL", "AEIOUYAE", "１２３４５６７８", "BCDFGHJ!"])
def test_a_code_that_cannot_be_one_is_not_even_sent(desk: Desk, code: str) -> None:
    scripted = Scripted()
    refused = desk.join(code=code, redeemer=scripted)

    assert isinstance(refused, EnrollRefused)
    assert refused.code == "code_malformed"
    assert scripted.asked == []


@pytest.mark.parametrize(("address", "code"), [("nonsense", "address_malformed"), ("http://x.kr", "address_insecure")])
def test_a_bad_address_is_named(desk: Desk, address: str, code: str) -> None:
    refused = desk.join(address)

    assert isinstance(refused, EnrollRefused)
    assert refused.code == code


@pytest.mark.expect_log("enroll_answer_unreadable")
@pytest.mark.parametrize(
    ("outcome", "code", "korean", "english"),
    [
        (Denied("code_unknown"), "code_unknown", "맞지 않거나", "wrong"),
        (Denied("code_expired"), "code_expired", "만료", "expired"),
        (Denied("bad_proof"), "bad_proof", "열쇠", "key"),
        (Denied("upgrade_needed"), "upgrade_needed", "업데이트", "update"),
        (Denied("comet"), "comet", "comet", "comet"),
        (Unavailable(Reason.THROTTLED, retry_after_ms=90_000), "too_many_tries", "2분", "2 min"),
        (Unavailable(Reason.UNREACHABLE), "unreachable", "연결할 수 없습니다", "reached"),
        (Unavailable(Reason.TIMEOUT), "timeout", "응답하지", "in time"),
        (Unavailable(Reason.SERVER_ERROR), "server_error", "서버에 문제", "problem"),
        (Unavailable(Reason.BAD_ANSWER), "bad_answer", "이해할 수 없습니다", "no sense"),
        (Redeemed({}), "bad_answer", "이해할 수 없습니다", "no sense"),
        (Redeemed({**ANSWER, "store_key": "short"}), "bad_answer", "이해할", "no sense"),
        (Redeemed({**ANSWER, "store_key": 5}), "bad_answer", "이해할", "no sense"),
        (Redeemed({**ANSWER, "cursor": "x"}), "bad_answer", "이해할", "no sense"),
        (Redeemed({**ANSWER, "epoch": 0}), "bad_answer", "이해할", "no sense"),
        (Redeemed({**ANSWER, "device_id": None}), "bad_answer", "이해할", "no sense"),
        (Redeemed({**ANSWER, "store": {"store_id": "s"}}), "bad_answer", "이해할", "no sense"),
        (Redeemed({**ANSWER, "policy": {**ANSWER["policy"], "rate_bp": "1"}}), "bad_answer", "이해할", "no sense"),
    ],
)
def test_every_refusal_has_words_in_both_languages_and_changes_nothing(
    desk: Desk, outcome: RedeemOutcome, code: str, korean: str, english: str
) -> None:
    before = desk.store.meta("device.identity")
    refused = desk.join(redeemer=Scripted(outcome))

    assert isinstance(refused, EnrollRefused)
    assert refused.code == code
    assert korean in refused.user_message
    assert english in refused.user_message_en
    assert desk.store.meta("device.identity") == before is None
    assert load_device(desk.store, desk.vault) is None


@pytest.mark.parametrize(
    ("mishap", "code"),
    [
        (fake_cloud.status(500), "server_error"),
        (fake_cloud.html_page, "bad_answer"),
        (fake_cloud.status(201, b"{"), "bad_answer"),
        (fake_cloud.status(429, None, {"Retry-After": "600"}), "too_many_tries"),
    ],
)
def test_over_a_real_line_too(desk: Desk, cloud: FakeCloud, mishap: fake_cloud.Mishap, code: str) -> None:
    cloud.mishap(REDEEM_PATH, mishap)
    refused = desk.join(cloud.base_url)

    assert isinstance(refused, EnrollRefused)
    assert refused.code == code
    assert isinstance(desk.join(cloud.base_url), Enrolled)  # the same code, a moment later


def test_wrong_code_and_nobody_there(desk: Desk, cloud: FakeCloud) -> None:
    wrong = desk.join(cloud.base_url, "ZZZZZZZZ")
    nobody = desk.join(f"http://127.0.0.1:{free_port()}")

    assert isinstance(wrong, EnrollRefused)
    assert isinstance(nobody, EnrollRefused)
    assert (wrong.code, nobody.code) == ("code_unknown", "unreachable")


def test_a_lost_answer_is_asked_for_again_with_the_same_key_also_after_a_crash(tmp_path: Path) -> None:
    cut = Unavailable(Reason.CUT)
    first, second = Scripted(cut, cut), Scripted(Redeemed(ANSWER))
    desk = Desk(tmp_path)
    refused = desk.join(redeemer=first)
    desk.store.close()
    desk = Desk(tmp_path)
    found = desk.join(redeemer=second)
    desk.store.close()

    assert isinstance(refused, EnrollRefused)
    assert refused.code == "cut"
    assert isinstance(found, Enrolled)
    assert {ask["public_key"] for ask in first.asked} == {second.asked[0]["public_key"]}
    assert len(first.asked) == 2


def test_another_code_gets_another_key(desk: Desk) -> None:
    scripted = Scripted(Denied("code_unknown"), Denied("code_unknown"))
    desk.join(redeemer=scripted)
    desk.join(code="ZZZZZZZZ", redeemer=scripted)

    assert scripted.asked[0]["public_key"] != scripted.asked[1]["public_key"]


def test_a_crash_before_the_commit_leaves_the_device_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are in the vault, the database is not written yet: that is the last moment a crash can choose."""

    def crash(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(enroll, "write_enrollment", crash)
        with pytest.raises(KeyboardInterrupt):
            desk.join(redeemer=Scripted(Redeemed(ANSWER)))

    assert load_device(desk.store, desk.vault) is None
    assert isinstance(desk.join(redeemer=Scripted(Redeemed(ANSWER))), Enrolled)
    device = load_device(desk.store, desk.vault)
    assert device is not None
    assert [path.stem for path in desk.folder.glob("vault-*")] == [f"vault-{device.identity.vault_entry}"]


@pytest.mark.expect_log("enroll_not_kept")
def test_a_vault_that_does_not_work_is_found_before_the_code_is_used_up(desk: Desk) -> None:
    def locked() -> None:
        raise VaultUnavailable("locked")

    scripted = Scripted()
    desk.vault = DeviceVault(desk.folder, environ={}, open_keyring=locked)
    refused = desk.join(redeemer=scripted)
    desk.vault = DeviceVault(desk.folder / "gone", environ={}, open_keyring=lambda: None)
    unwritable = desk.join(redeemer=scripted)

    assert isinstance(refused, EnrollRefused)
    assert isinstance(unwritable, EnrollRefused)
    assert (refused.code, unwritable.code) == ("vault_unavailable", "vault_not_written")
    assert "잠겨" in refused.user_message
    assert scripted.asked == []


def test_an_enrolled_device_is_not_enrolled_again_by_accident(desk: Desk) -> None:
    desk.join(redeemer=Scripted(Redeemed(ANSWER)))
    refused = desk.join(redeemer=Scripted())

    assert isinstance(refused, EnrollRefused)
    assert refused.code == "already_enrolled"


def test_enrolling_again_keeps_what_was_not_sent(desk: Desk) -> None:
    """A revoked or cloned device comes back with a new identity; its facts are booked all the same."""
    desk.join(redeemer=Scripted(Redeemed(ANSWER)))
    op_ids = [desk.append(n) for n in range(3)]
    with desk.store.transaction() as conn:
        Store.set_meta(conn, outbox.HALTED, "forked")

    found = desk.join(again=True, redeemer=Scripted(Redeemed({**ANSWER, "device_id": "device-2"})))

    assert isinstance(found, Enrolled)
    device = load_device(desk.store, desk.vault)
    assert device is not None
    with desk.store.read() as conn:
        batch = outbox.next_batch(conn, device.cipher)
        assert verify_chain(conn, device.cipher) is None
    assert batch is not None
    assert [(op.op_id, op.device, op.seq) for op in batch.ops] == [
        (op_id, "device-2", seq) for seq, op_id in enumerate(op_ids, start=1)
    ]
    assert {op.body["phone"] for op in batch.ops} == {"+821012345678"}
    assert desk.store.meta(outbox.HALTED) is None


@pytest.mark.expect_log("cloud_lost_operations|enrolled")
@pytest.mark.parametrize(("generation", "sent_again"), [(1, 0), (2, 3)])
def test_a_cloud_from_a_backup_that_never_met_the_device_gets_what_it_took(
    desk: Desk, generation: int, sent_again: int
) -> None:
    """I3: it was enrolled after the backup, and all that was acknowledged since is gone there; ids stay."""
    desk.join(redeemer=Scripted(Redeemed({**ANSWER, "cursor": "1.0.0"})))
    op_ids = [desk.append(n) for n in range(3)]
    with desk.store.transaction() as conn:
        conn.execute("UPDATE outbox SET status = 'applied', result_json = '{}', acked_ms = 1")

    answer = {**ANSWER, "device_id": "device-2", "cursor": f"{generation}.0.0", "generation": generation}
    assert isinstance(desk.join(again=True, redeemer=Scripted(Redeemed(answer))), Enrolled)

    device = load_device(desk.store, desk.vault)
    assert device is not None
    with desk.store.read() as conn:
        batch = outbox.next_batch(conn, device.cipher)
    assert ([op.op_id for op in batch.ops] if batch else []) == op_ids[:sent_again]


def test_a_device_with_another_store_s_records_does_not_change_stores(desk: Desk) -> None:
    desk.join(redeemer=Scripted(Redeemed(ANSWER)))
    elsewhere = {**ANSWER, "device_id": "device-2", "store": {**ANSWER["store"], "store_id": "store-other"}}

    refused = desk.join(again=True, redeemer=Scripted(Redeemed(elsewhere)))

    assert isinstance(refused, EnrollRefused)
    assert refused.code == "other_store"
    device = load_device(desk.store, desk.vault)
    assert device is not None
    assert device.identity.device_id == "device-1"


@pytest.mark.expect_log("field_key_lost", "carry_over_unreadable")
def test_with_the_keys_gone_enrolling_again_works_and_names_what_is_lost(desk: Desk) -> None:
    desk.join(redeemer=Scripted(Redeemed(ANSWER)))
    desk.append(1)
    for path in desk.folder.glob("vault-*"):
        path.unlink()

    assert isinstance(desk.join(again=True, redeemer=Scripted(Redeemed({**ANSWER, "device_id": "d2"}))), Enrolled)
    with desk.store.read() as conn:
        assert outbox.counts(conn).needs_attention == 1
