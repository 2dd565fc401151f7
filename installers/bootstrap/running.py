"""Owns getting from "a folder" to "a running command": a complete environment first, then the command inside it."""

import os
import sys

from installers.bootstrap.environment import build, is_built_from, read_ready, write_ready
from installers.bootstrap.layout import WINDOWS, child_environment
from installers.bootstrap.system_libraries import ensure_system_libraries, wanted_libraries


def ensure(lock: str, *, windows: bool) -> None:
    """Leaves an environment that holds the lock's packages and, for programs with windows, Qt's system libraries."""
    ready = read_ready()
    if not is_built_from(ready, lock):
        ready = build(lock)
    wanted = wanted_libraries() if windows else {}
    if not set(wanted) <= set(ready.get("system_libraries", [])):
        ensure_system_libraries(wanted)
        write_ready(dict(ready, system_libraries=sorted(wanted)))


def become(command: list[str], **extra: str) -> int:
    """Replaces this process by the command where the system can; elsewhere runs it and returns its status."""
    environment = dict(child_environment(), **extra)
    if not WINDOWS:
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(command[0], command, environment)
    return run(command, **extra)


def run(command: list[str], **extra: str) -> int:
    """Runs the command to its end and returns its status."""
    import subprocess

    return subprocess.run(command, env=dict(child_environment(), **extra), check=False).returncode
