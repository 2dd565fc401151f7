"""Keys: cells that notice tampering, a vault that never writes plain text and never hangs (AGT-13)."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from sync import keyring_box, outbox_file, sealed_file
from sync.errors import CellUnreadable, VaultUnavailable, VaultUnreadable
from sync.keyring_box import KeyringBox, ask, open_keyring
from sync.secrets import PASSPHRASE_ENV, DeviceSecrets, DeviceVault, FieldCipher, cell, new_key, phone_lookup

ROOT = Path(__file__).resolve().parents[2]
SECRETS = DeviceSecrets(new_key(), new_key(), new_key())


class MemoryKeyring:
    """Behaves like an operating system's keyring."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self.kept[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


class Forgetful(MemoryKeyring):
    """Drops what it is given, as the null backend does."""

    def set_password(self, _service: str, _name: str, _text: str) -> None:
        return


def vault(folder: Path, backend: Any = None, **environ: str) -> DeviceVault:
    return DeviceVault(folder, environ=environ, open_keyring=lambda: None if backend is None else KeyringBox(backend))


def test_a_cell_opens_only_unchanged_in_its_place_and_with_its_key() -> None:
    """NFR-05, AGT-13"""
    cipher = FieldCipher(SECRETS.field_key)
    place = cell("earn", "phone_sealed", "earn-1")
    sealed = cipher.seal("+821012345678", place)

    assert cipher.open(sealed, place) == "+821012345678"
    assert cipher.seal("+821012345678", place) != sealed
    for broken, where, with_cipher in [
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), place, cipher),
        (sealed, cell("earn", "phone_sealed", "earn-2"), cipher),
        (sealed, place, FieldCipher(new_key())),
        (b"", place, cipher),
        (b"\x02" + sealed[1:], place, cipher),
        (sealed[:20], place, cipher),
    ]:
        with pytest.raises(CellUnreadable):
            with_cipher.open(broken, where)


def test_a_look_up_meets_equal_numbers_of_one_store_only() -> None:
    assert phone_lookup(b"k" * 32, "+821012345678") == phone_lookup(b"k" * 32, "+821012345678")
    assert phone_lookup(b"k" * 32, "+821012345678") != phone_lookup(b"l" * 32, "+821012345678")
    assert len(phone_lookup(b"k" * 32, "+821012345678")) == 64


def test_secrets_never_show_in_a_log_and_fit_into_windows_keyring() -> None:
    assert repr(SECRETS) == "DeviceSecrets(…)"
    assert len(SECRETS.to_text()) <= 500
    with pytest.raises(ValueError, match="32 bytes"):
        DeviceSecrets(b"short", new_key(), new_key())


@pytest.mark.usefixtures("cheap_scrypt")
def test_without_a_keyring_the_vault_is_a_sealed_file_for_this_user(tmp_path: Path) -> None:
    where = vault(tmp_path).save("entry-1", SECRETS)
    file = tmp_path / "vault-entry-1.json"

    assert where == "machine"
    assert vault(tmp_path).load("entry-1") == SECRETS
    for secret in json.loads(SECRETS.to_text()).values():
        assert str(secret) == "1" or str(secret) not in file.read_text()
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("cheap_scrypt")
def test_the_file_does_not_open_on_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault(tmp_path).save("entry-1", SECRETS)
    monkeypatch.setattr(sealed_file, "machine_secret", lambda: b"another machine")

    with pytest.raises(VaultUnreadable) as refused:
        vault(tmp_path).load("entry-1")
    assert "다시 등록" in refused.value.user_message


def test_guessing_a_passphrase_costs_thirty_two_mebibytes_each_time() -> None:
    assert (outbox_file.SCRYPT_N, sealed_file.SCRYPT_N) == (2**15, 2**15)
    assert 128 * sealed_file.SCRYPT_R * sealed_file.seal("keys", "entry", "correct horse")["scrypt_n"] == 32 * 2**20


@pytest.mark.usefixtures("cheap_scrypt")
def test_a_passphrase_seals_and_is_needed_again(tmp_path: Path) -> None:
    backend = MemoryKeyring()
    where = vault(tmp_path, backend, **{PASSPHRASE_ENV: "open sesame"}).save("entry-1", SECRETS)

    assert where == "passphrase"
    assert backend.kept == {}
    assert vault(tmp_path, **{PASSPHRASE_ENV: "open sesame"}).load("entry-1") == SECRETS
    with pytest.raises(VaultUnreadable):
        vault(tmp_path, **{PASSPHRASE_ENV: "wrong"}).load("entry-1")
    with pytest.raises(VaultUnavailable):
        vault(tmp_path).load("entry-1")


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"kind": "other"}', b'{"kind": "sealed"}', b"\xff" * 100, b"x" * 100_000,
     b'{"kind": "sealed", "salt": "AA==", "nonce": "AA==", "box": "AA==", "scrypt_n": 1073741824}'],
)  # fmt: skip
def test_a_spoilt_vault_file_is_an_answer_not_a_crash(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vault-entry-1.json").write_bytes(content)

    with pytest.raises(VaultUnreadable):
        vault(tmp_path).load("entry-1")


def test_a_vault_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(VaultUnreadable):
        vault(tmp_path).load("entry-1")


def test_with_a_keyring_the_folder_holds_no_secret(tmp_path: Path) -> None:
    backend = MemoryKeyring()

    assert vault(tmp_path, backend).save("entry-1", SECRETS) == "keyring"
    assert json.loads((tmp_path / "vault-entry-1.json").read_text()) == {"v": 1, "kind": "keyring"}
    assert vault(tmp_path, backend).load("entry-1") == SECRETS
    with pytest.raises(VaultUnavailable):  # locked today: try again later, do not enroll anew
        vault(tmp_path).load("entry-1")
    backend.kept.clear()
    with pytest.raises(VaultUnreadable):
        vault(tmp_path, backend).load("entry-1")


@pytest.mark.usefixtures("cheap_scrypt")
def test_a_keyring_that_forgets_is_found_out(tmp_path: Path) -> None:
    assert not KeyringBox(Forgetful()).works()
    assert KeyringBox(MemoryKeyring()).works()
    assert vault(tmp_path, Forgetful()).save("entry-1", SECRETS) == "machine"
    assert vault(tmp_path, Forgetful()).load("entry-1") == SECRETS


def test_old_entries_go_when_the_new_one_stands(tmp_path: Path) -> None:
    backend = MemoryKeyring()
    vault(tmp_path, backend).save("old", SECRETS)
    vault(tmp_path).save("older", SECRETS)
    vault(tmp_path, backend).save("new", SECRETS)

    vault(tmp_path, backend).forget_others("new")

    assert [path.name for path in tmp_path.glob("vault-*")] == ["vault-new.json"]
    assert {name for _service, name in backend.kept} == {"new"}
    assert vault(tmp_path, backend).load("new") == SECRETS


def test_a_keyring_that_hangs_or_fails_does_not_hang_us() -> None:
    release = threading.Event()
    try:
        with pytest.raises(VaultUnavailable, match="no answer within"):
            ask(lambda: release.wait(10), 0.05)
        with pytest.raises(VaultUnavailable, match="ZeroDivisionError"):
            ask(lambda: 1 // 0, 5)
    finally:
        release.set()
    assert "잠겨" in VaultUnavailable.user_message


def test_only_named_backends_are_taken_and_only_after_their_self_test(monkeypatch: pytest.MonkeyPatch) -> None:
    here = sys.modules[__name__]
    monkeypatch.setattr(keyring_box.importlib, "import_module", lambda _name: here)

    assert open_keyring(["x.MemoryKeyring"]) is not None
    assert open_keyring(["x.Forgetful"]) is None
    assert open_keyring(["x.NotThere"]) is None


def test_this_system_s_allow_list_answers_with_a_working_box_or_none() -> None:
    """Without a desktop session there is no keyring; whatever is there must pass the self-test."""
    box = open_keyring(answer_within_s=5)

    assert box is None or box.works()


@pytest.mark.parametrize(
    "name", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring", "keyrings.alt.file.PlaintextKeyring"]
)
def test_backends_that_drop_or_show_secrets_are_on_no_list(name: str) -> None:
    """1.3: and would not pass the self-test either."""
    assert all(name not in names for names in keyring_box._ALLOWED.values())
    assert open_keyring([name]) is None


def test_neither_a_configuration_file_nor_the_environment_names_a_backend(tmp_path: Path) -> None:
    """1.3: keyringrc.cfg may name any module and any folder to import from."""
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "evil.py").write_text("raise SystemExit('imported')")
    settings = tmp_path / "python_keyring"
    settings.mkdir()
    rc = f"[backend]\ndefault-keyring=keyring.backends.null.Keyring\nkeyring-path={planted}\n"
    (settings / "keyringrc.cfg").write_text(rc)
    look = (
        "import sys; from sync.keyring_box import _ALLOWED, open_keyring; box = open_keyring();"
        f"assert {str(planted)!r} not in sys.path;"
        "name = box and f'{type(box._backend).__module__}.{type(box._backend).__name__}';"
        "assert box is None or name in _ALLOWED[sys.platform], name"
    )
    environ = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }

    done = subprocess.run(
        [sys.executable, "-c", look], env=environ, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_the_screen_lives_on_while_a_locked_keyring_waits_for_a_person(tmp_path: Path) -> None:
    """1.3: enrolling with a keyring that never answers ends in the sealed file, and no thread of ours is held."""
    release = threading.Event()

    class Locked(MemoryKeyring):
        def get_password(self, _service: str, _name: str) -> str | None:
            release.wait(10)
            return None

        def set_password(self, _service: str, _name: str, _text: str) -> None:
            release.wait(10)

    def opened() -> KeyringBox | None:
        box = KeyringBox(Locked(), answer_within_s=0.05)
        return box if box.works() else None

    try:
        made = DeviceVault(tmp_path, environ={}, open_keyring=opened)
        assert made.save("entry-1", SECRETS) == "machine"
        assert made.load("entry-1") == SECRETS
        assert (tmp_path / "vault-entry-1.json").stat().st_mode & 0o777 == 0o600
    finally:
        release.set()


@pytest.mark.thorough
@pytest.mark.skipif(
    not all(shutil.which(name) for name in ("dbus-run-session", "gnome-keyring-daemon")),
    reason="no Secret Service on this machine",
)
@pytest.mark.parametrize("unlocked", [True, False])
def test_a_real_secret_service_keeps_the_keys_or_is_found_locked(tmp_path: Path, unlocked: bool) -> None:
    """1.3: Debian's gnome-keyring on a session bus of its own."""
    job = (
        "import sys; from pathlib import Path; from sync.keyring_box import open_keyring;"
        "from sync.secrets import DeviceSecrets, DeviceVault, new_key;"
        "vault = DeviceVault(Path(sys.argv[1]), environ={}, open_keyring=lambda: open_keyring(answer_within_s=3));"
        "keys = DeviceSecrets(new_key(), new_key(), new_key(), new_key());"
        "where = vault.save('entry-1', keys); assert vault.load('entry-1') == keys; vault.forget_others('none');"
        "print(where)"
    )
    start = "printf pass | gnome-keyring-daemon --components=secrets --daemonize --unlock >/dev/null && "
    start = start if unlocked else ""  # the bus starts a locked one, which asks a person who is not there
    shell = f"{start}exec {shlex.quote(sys.executable)} -c {shlex.quote(job)} {shlex.quote(str(tmp_path))}"
    environ = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    environ.pop("DISPLAY", None)

    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", shell],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == ("keyring" if unlocked else "machine")
