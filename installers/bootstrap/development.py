"""Owns the development commands of `start.py`. CONTRIBUTING.md tells when to use which."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from installers.bootstrap.layout import DEVELOPMENT_LOCK, PYTHON, ROOT
from installers.bootstrap.running import become, ensure, run

# The quick set leaves out what starts whole programs or takes its time (tests/conftest.py says what that is).
QUICK = "not journey and not frozen and not thorough"
MEMORY = Path("/dev/shm")  # a folder of its own is made there
MEMORY_MIN_BYTES = 4 << 30
CHECKS: dict[str, list[str]] = {
    "format": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "types": ["-m", "mypy"],
    "imports": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    "catalogue": ["-m", "installers.catalogue", "--check"],
    "openapi": ["-m", "installers.openapi", "--check"],
    "client": ["-m", "installers.client", "--check"],
    "rulebook": ["-m", "installers.rulebook", "--check"],
    "rules": ["-m", "installers.branches"],
}


def setup(_arguments: list[str]) -> int:
    """everything development needs, without starting anything"""
    _ready()
    return 0


def test(arguments: list[str]) -> int:
    """the quick tests, two at a time; --all adds the rest; named files and other arguments go to pytest"""
    _ready()
    chosen = [word for word in arguments if word != "--all"]
    named = any(word.startswith("tests") for word in chosen)  # whoever names a file wants all of it
    marker = [] if "--all" in arguments or named else ["-m", QUICK]
    # loadfile: what a file starts once for all its tests (a server, a whole shop) is started once, on one worker. Which
    # file begins first says tests/conftest.py, which knows the long ones; xdist would only count their tests.
    workers = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    with _files_in_memory() as where:
        return run([str(PYTHON), "-m", "pytest", *workers, *marker, *chosen], **where)


@contextmanager
def _files_in_memory() -> Iterator[dict[str, str]]:
    """Where the tests may put their files: thousands of small databases wait for every commit on a disk. Without enough
    memory, or where somebody named a folder, the usual one."""
    free = shutil.disk_usage(MEMORY).free if MEMORY.is_dir() else 0
    if "TMPDIR" in os.environ or free < MEMORY_MIN_BYTES:
        yield {}
        return
    folder = Path(tempfile.mkdtemp(prefix="withfom-tests-", dir=MEMORY))
    folder.chmod(0o755)  # as root a test's server runs as somebody else, who has to get through
    try:
        yield {"TMPDIR": str(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def check(arguments: list[str]) -> int:
    """format, lint, types, imports, catalogue, openapi, client, rulebook, rules: all of them or the named ones"""
    unknown = set(arguments) - set(CHECKS)
    if unknown:
        print(f"start.py check: {', '.join(sorted(unknown))}? There are: {', '.join(CHECKS)}")
        return 2
    _ready()
    failed = [name for name in arguments or CHECKS if run([str(PYTHON), *CHECKS[name]]) != 0]
    print("check: " + ("ok" if not failed else "failed: " + ", ".join(failed)))
    return 1 if failed else 0


def shots(arguments: list[str]) -> int:
    """renders every screen into build/shots; --few: in one look and size each"""
    from concurrent.futures import ThreadPoolExecutor

    _ready()
    out = str(ROOT / "build" / "shots")
    quiet = {"QT_QPA_PLATFORM": "offscreen", "QT_LOGGING_RULES": "default.warning=false"}
    modules = ("tests.agent.screens", "tests.agent.screens.customer")
    with ThreadPoolExecutor(len(modules)) as both:  # two processes for two cores
        ends = list(
            both.map(lambda module: run([str(PYTHON), "-m", module, "--out", out, *arguments], **quiet), modules)
        )
    return max(ends)


def bench(arguments: list[str]) -> int:
    """one benchmark by name; without a name lists them"""
    _ready()
    names = sorted(file.stem for file in (ROOT / "benchmarks").glob("[a-z]*.py"))
    if not arguments or arguments[0] not in names:
        print("start.py bench NAME: " + ", ".join(names))
        return 2
    return become([str(PYTHON), "-m", "benchmarks." + arguments[0], *arguments[1:]])


def build(arguments: list[str]) -> int:
    """the frozen program folder (Linux), into dist/"""
    _ready()
    return become([str(PYTHON), "-m", "installers.build_linux", *arguments])


def show_help(_arguments: list[str]) -> int:
    """this list"""
    print("python3 start.py COMMAND\n\nDevelopment:")
    for name, command in COMMANDS.items():
        print(f"  {name:<8}{command.__doc__}")
    print("\nEverything else goes to the program itself: python3 start.py --help")
    return 0


def _ready() -> None:
    ensure(DEVELOPMENT_LOCK, windows=True)
    os.chdir(ROOT)  # pytest, ruff and mypy read pyproject.toml of the folder they run in


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "setup": setup,
    "test": test,
    "check": check,
    "shots": shots,
    "bench": bench,
    "build": build,
    "help": show_help,
}
