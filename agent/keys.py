"""The keys of this device while it runs: read from the vault in the background, replaced when it is enrolled."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sync.errors import NotEnrolled, SyncError
from sync.secrets import FieldCipher

# The vault answers within a second; a locked keyring within five. A tap in the first moments waits that long.
LOADING_TIMEOUT_S = 8.0


@dataclass(frozen=True)
class StoreKeys:
    """``store_key`` keys phone look-ups and fingerprints of this store; ``cipher`` seals what stays on this disk."""

    store_key: bytes
    cipher: FieldCipher


class KeyRing:
    """Holds the keys for the services, so that neither starting nor enrolling makes a screen wait for the vault."""

    def __init__(self) -> None:
        self._keys: StoreKeys | None = None
        self._problem: SyncError = NotEnrolled("no keys")
        self._settled = threading.Event()
        self._settled.set()

    def expect(self) -> None:
        """Keys are being read: who needs them waits for `install` or `refuse`."""
        self._settled.clear()

    def install(self, keys: StoreKeys) -> None:
        self._keys = keys
        self._settled.set()

    def refuse(self, problem: SyncError) -> None:
        """There are no keys; ``problem`` says why to whoever asks for them."""
        self._keys = None
        self._problem = problem
        self._settled.set()

    @property
    def installed(self) -> bool:
        return self._keys is not None

    @property
    def keys(self) -> StoreKeys:
        """Raises NotEnrolled before the device belongs to a store, VaultUnavailable when the vault is locked."""
        if not self._settled.is_set():
            self._settled.wait(LOADING_TIMEOUT_S)
        if self._keys is None:
            # The same problem is told to many taps: without this it would keep the frames of every one of them.
            raise self._problem.with_traceback(None)
        return self._keys
