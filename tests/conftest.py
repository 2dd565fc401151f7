"""Owns what every test may rely on: no screen, no network but loopback, no stray settings, no unexpected warning."""

from __future__ import annotations

import atexit
import functools
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `pytest` called as a program does not add the folder, `python -m pytest` does
    sys.path.insert(0, str(ROOT))

from tests.helpers import logfail, network  # noqa: E402
from tests.helpers.amounts import AMOUNTS  # noqa: E402

HYPOTHESIS_PROFILE = os.environ.get("WITHFOM_HYPOTHESIS")

for name, examples in {"quick": 25, "thorough": 60}.items():
    hypothesis.settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,  # two shared cores: a slow example says nothing about the code
        derandomize=True,  # the same examples on every machine; the nightly run looks for new ones
        database=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
hypothesis.settings.register_profile(
    "nightly",
    max_examples=5_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile(HYPOTHESIS_PROFILE or "thorough")


def _isolate_environment() -> None:
    """Nothing the developer has set, stored or plugged in may change a result; Qt paints into memory."""
    for name in [name for name in os.environ if name.startswith("WITHFOM_") and name not in AMOUNTS]:
        del os.environ[name]
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    for name in ("QT_SCALE_FACTOR", "QT_STYLE_OVERRIDE", "QT_QPA_PLATFORMTHEME", "QT_FONT_DPI", "LANGUAGE"):
        os.environ.pop(name, None)
    # A real keyring would ask for a password; the `fail` backend behaves like a machine that has none.
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    private = Path(tempfile.mkdtemp(prefix="withfom-tests-"))
    atexit.register(shutil.rmtree, private, ignore_errors=True)
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "LOCALAPPDATA"):
        os.environ[name] = str(private / name.lower())
    os.environ["XDG_RUNTIME_DIR"] = str(private)  # missing in containers, which Qt and others warn about
    if sys.platform == "linux" and "UTF-8" not in (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").upper():
        # Qt warns about a locale that is not UTF-8, and a Qt warning fails a test.
        os.environ.pop("LC_ALL", None)
        os.environ["LC_CTYPE"] = "C.UTF-8"


_isolate_environment()
network.install_guard()

# What takes its time: whole processes, every screen in every size, thousands of examples, and everything once more on
# PostgreSQL. The quick set leaves these out; `start.py test --all` and CI run them.
THOROUGH = (
    "tests/agent/screens/",
    "tests/client/",
    "tests/cloud_api/test_attack_cases.py",
    "tests/cloud_api/test_book_machine.py",
    "tests/cloud_api/test_cloud_command.py",
    "tests/cloud_api/test_imports.py",
    "tests/cloud_api/test_on_a_real_line.py",
    "tests/cloud_api/test_openapi_calls.py",
    "tests/cloud_api/test_order_machine.py",
    "tests/cloud_api/test_processes.py",
    "tests/cloud_api/test_stamp_machine.py",
    "tests/installers/",
    "tests/simulation/",
    "tests/sync/test_device_machine.py",
    "tests/sync/test_flips.py",
    "tests/sync/test_room.py",
    "tests/withfom/test_agent_process.py",
    "tests/withfom/test_capture_command.py",
    "tests/withfom/test_capture_of_the_counter.py",
    "tests/withfom/test_capture_settings.py",
    "tests/withfom/test_outbox_command.py",
)

# Files that keep a worker for half a minute or more. They begin first: the last one would leave the other worker idle.
LONG = (
    "tests/journeys/test_demo_script.py",
    "tests/simulation/test_kills.py",
    "tests/cloud_api/test_openapi_calls.py",
    "tests/cloud_api/test_book_machine.py",
    "tests/cloud_api/test_processes.py",
    "tests/printers/receipts/test_invented.py",
    "tests/printers/receipts/test_learned.py",
    "tests/printers/capture/test_leaks.py",
    "tests/agent/screens/",
    "tests/cloud_api/test_on_a_real_line.py",
)


# When Python looks for garbage: its own numbers (700, 10, 10) made that a tenth of a short test.
GARBAGE = (20_000, 10, 10)


def pytest_configure(config: pytest.Config) -> None:
    """Before any test module: what a test is given is settled when it is imported."""
    if HYPOTHESIS_PROFILE is None and _is_quick(config):
        hypothesis.settings.load_profile("quick")


def _is_quick(config: pytest.Config) -> bool:
    return "not thorough" in config.option.markexpr


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A run without the thorough tests need not import their files only to leave every test of them out."""
    return (_place(collection_path).startswith(THOROUGH) and _is_quick(config)) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the thorough tests by where they live, so that a new file of such a folder needs no mark of its own."""
    for item in items:
        if _place(item.path).startswith(THOROUGH) or item.get_closest_marker("postgres") is not None:
            item.add_marker(pytest.mark.thorough)
    items.sort(key=lambda item: _turn(_place(item.path)))


@functools.cache
def _turn(place: str) -> int:
    return next((n for n, long in enumerate(LONG) if place.startswith(long)), len(LONG))


@functools.cache
def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Modules and tests live as long as the run: Python need not go through them whenever it looks for garbage."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        gc.enable()


@pytest.fixture
def cheap_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealing with a passphrase is slow on purpose (tests/sync/test_secrets.py). For tests that ask something else."""
    for module in ("sealed_file", "outbox_file"):
        monkeypatch.setattr(f"sync.{module}.SCRYPT_N", 2**10)


@pytest.fixture
def cheap_pins() -> Iterator[None]:
    """Hashing a PIN is slow on purpose (tests/rules/test_pin.py). For tests that ask something else."""
    with patch.multiple("rules.pin", ARGON_ROUNDS=1, ARGON_KIB=64):
        yield


@pytest.fixture(autouse=True)
def _only_loopback() -> Iterator[None]:
    """Fails the test that tried to reach another machine, also when the code swallowed the refusal."""
    network.refused.clear()
    yield
    attempts = list(network.refused)
    network.refused.clear()
    assert not attempts, f"tests may only talk to this machine; tried: {attempts}"


@pytest.fixture(autouse=True)
def _no_unexpected_warning(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test in which our own code logged a WARNING or worse that nobody announced.

    Announce with `@pytest.mark.expect_log(r"regex", …)`; a test that takes `caplog` looks at its log itself.
    """
    if "caplog" in request.fixturenames:
        yield
        return
    expected = [pattern for mark in request.node.iter_markers("expect_log") for pattern in mark.args]
    with logfail.watching(ROOT) as seen:
        yield
    surprises = logfail.unexpected(seen, expected)
    assert not surprises, "unexpected warnings in the log (announce with pytest.mark.expect_log):\n" + "\n".join(
        surprises
    )
