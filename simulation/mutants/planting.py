"""Owns how a mistake is planted: functions of the product are replaced while a context lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

Plant = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Mutant:
    """``plant`` makes a context in which the mistake is there."""

    name: str
    says: str
    plant: Plant


def swap(*places: tuple[Any, str, Any]) -> Plant:
    """Replaces attributes: (owner, name, other)."""

    @contextmanager
    def planted() -> Iterator[None]:
        with ExitStack() as stack:
            for owner, name, other in places:
                stack.enter_context(patch.object(owner, name, other))
            yield

    return planted


def nothing(*_args: Any, **_kwargs: Any) -> None:
    """Does not do what it should."""
