"""New keys for this device: nothing in force changes before the cloud knows, and a cut anywhere is gone on from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync import keychange, outbox
from sync.enroll import load_device
from sync.errors import CellUnreadable, NotEnrolled
from sync.keychange import Renewed
from sync.outcomes import Denied, KeyChanged, KeyOutcome, Reason, Unavailable
from sync.protocol import key_proof_message
from sync.secrets import DeviceVault, FieldCipher, cell
from sync.store import Store
from tests.helpers.devices import SECRETS, Bench, enrolled

pytestmark = pytest.mark.usefixtures("cheap_scrypt")

DOWN = Unavailable(Reason.UNREACHABLE)


class Cloud:
    """What the cloud does about keys: the newest and, while it holds, the one before."""

    def __init__(self, key: bytes) -> None:
        self.takes = [key]
        self.newest = key
        self.answers_lost = 0
        self.reached = True

    def open_line(self, identity: Any, key: Ed25519PrivateKey) -> Line:
        return Line(self, identity.device_id, key.public_key().public_bytes_raw())

    def forget_old(self) -> None:
        self.takes = [self.newest]


class Line:
    def __init__(self, cloud: Cloud, device_id: str, signs: bytes) -> None:
        self._cloud, self._device_id, self._signs = cloud, device_id, signs

    def change_key(self, public_key: str, proof: str) -> KeyOutcome:
        import base64

        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        raw, signature = (base64.urlsafe_b64decode(text + "==") for text in (public_key, proof))
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, key_proof_message(self._device_id, public_key))
        if not self._cloud.reached:
            return DOWN
        if self._signs not in self._cloud.takes or (raw != self._cloud.newest and self._signs != self._cloud.newest):
            return Denied("bad_signature")
        self._cloud.takes = [raw, self._cloud.newest]
        self._cloud.newest = raw
        if self._cloud.answers_lost:
            self._cloud.answers_lost -= 1
            return DOWN
        return KeyChanged(1)

    def close(self) -> None:
        pass


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    found = enrolled(tmp_path)
    yield found
    found.store.close()


@pytest.fixture
def vault(bench: Bench, tmp_path: Path) -> DeviceVault:
    """A vault without a keyring, with the device's keys in it."""
    made = DeviceVault(tmp_path, environ={"WITHFOM_VAULT_PASSPHRASE": "correct horse"}, open_keyring=lambda: None)
    with bench.store.read() as conn:
        entry = keychange.read_identity(conn)
    assert entry is not None
    made.save(entry.vault_entry, SECRETS)
    return made


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(SECRETS.signing_key().public_key().public_bytes_raw())


def renew(bench: Bench, vault: DeviceVault, cloud: Cloud) -> Any:
    return keychange.renew(bench.store, vault, ids=bench.ids, open_line=cloud.open_line)


def sealed_ops(bench: Bench, count: int) -> None:
    for number in range(count):
        op = outbox.NewOp("earn", {"n": number}, "tablet", {"phone": f"+8210{number:08d}"})
        with bench.store.transaction() as conn:
            outbox.append(conn, op, clock=bench.clock, ids=bench.ids, cipher=bench.cipher)


def signs_with(store: Store, vault: DeviceVault) -> bytes:
    device = load_device(store, vault)
    assert device is not None
    return device.secrets.signing_key().public_key().public_bytes_raw()


def test_everything_is_under_new_keys_and_still_opens(bench: Bench, vault: DeviceVault, cloud: Cloud) -> None:
    sealed_ops(bench, 450)

    done = renew(bench, vault, cloud)

    device = load_device(bench.store, vault)
    assert device is not None
    assert done == Renewed(450, 0)
    assert cloud.newest == signs_with(bench.store, vault)
    assert device.secrets.store_key == SECRETS.store_key
    assert device.secrets.field_key != SECRETS.field_key
    newest = FieldCipher(device.secrets.field_key)
    for op_id, sealed in bench.rows("SELECT op_id, sealed FROM outbox"):
        newest.open(sealed, cell("outbox", "sealed", op_id))
    with bench.store.read() as conn:
        batch = outbox.next_batch(conn, newest)
    assert batch is not None
    assert batch.ops[7].body["phone"] == "+821000000007"
    assert not keychange.pending(bench.store)
    assert keychange.reseal(bench.store, vault) == Renewed(0, 0)


def test_cells_of_a_backup_from_before_still_open(bench: Bench, vault: DeviceVault, cloud: Cloud) -> None:
    renew(bench, vault, cloud)
    device = load_device(bench.store, vault)
    assert device is not None

    assert device.cipher.open(FieldCipher(SECRETS.field_key).seal("x", "a"), "a") == "x"
    with pytest.raises(CellUnreadable):
        device.cipher.open(FieldCipher(b"z" * 32).seal("x", "a"), "a")


def test_a_line_that_is_down_changes_nothing_in_force(bench: Bench, vault: DeviceVault, cloud: Cloud) -> None:
    cloud.reached = False

    assert renew(bench, vault, cloud) == DOWN

    assert signs_with(bench.store, vault) == cloud.newest
    cloud.reached = True
    assert isinstance(renew(bench, vault, cloud), Renewed)
    assert signs_with(bench.store, vault) == cloud.newest


@pytest.mark.parametrize("old_key_gone", [False, True])
def test_a_lost_answer_is_harmless(bench: Bench, vault: DeviceVault, cloud: Cloud, old_key_gone: bool) -> None:
    """Also when the device comes back after the old key ended: the same new key asks again."""
    cloud.answers_lost = 1
    assert renew(bench, vault, cloud) == DOWN
    assert keychange.pending(bench.store)
    if old_key_gone:
        cloud.forget_old()

    assert isinstance(renew(bench, vault, cloud), Renewed)

    assert signs_with(bench.store, vault) == cloud.newest


def test_a_refusal_leaves_the_keys_in_force(bench: Bench, vault: DeviceVault, cloud: Cloud) -> None:
    cloud.takes, cloud.newest = [b"somebody else's"], b"somebody else's"

    assert renew(bench, vault, cloud) == Denied("bad_signature")

    assert signs_with(bench.store, vault) == SECRETS.signing_key().public_key().public_bytes_raw()


def test_resealing_that_is_cut_off_goes_on(
    bench: Bench, vault: DeviceVault, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keychange, "CELLS_AT_ONCE", 10)
    sealed_ops(bench, 35)
    keychange.change_key(bench.store, vault, ids=bench.ids, open_line=cloud.open_line)
    real, steps = bench.store.transaction, iter(range(2))

    def cut() -> Any:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return real()

    monkeypatch.setattr(bench.store, "transaction", cut)
    with pytest.raises(KeyboardInterrupt):
        keychange.reseal(bench.store, vault)
    monkeypatch.setattr(bench.store, "transaction", real)

    assert keychange.reseal(bench.store, vault) == Renewed(15, 0)


def test_a_cell_that_does_not_open_is_counted_and_kept(bench: Bench, vault: DeviceVault, cloud: Cloud) -> None:
    sealed_ops(bench, 3)
    with bench.store.transaction() as conn:
        conn.execute("UPDATE outbox SET sealed = x'01' WHERE seq = 2")

    assert renew(bench, vault, cloud) == Renewed(2, 1)
    assert bench.rows("SELECT sealed FROM outbox WHERE seq = 2") == [(b"\x01",)]


def test_a_device_without_a_store_has_nothing_to_change(tmp_path: Path, bench: Bench, vault: DeviceVault) -> None:
    with (
        Store.open(tmp_path / "fresh", clock=bench.clock) as fresh,
        pytest.raises(NotEnrolled),
    ):
        keychange.renew(fresh, vault, ids=bench.ids, open_line=Cloud(b"k").open_line)
