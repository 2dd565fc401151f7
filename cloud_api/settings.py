"""What an operator may set."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

VERSION = "0.1.0"


@dataclass(frozen=True)
class Settings:
    """Everything the server needs to know before it starts.

    ``database_url`` is ``sqlite:///path`` or ``postgresql://…``; ``secret_file`` holds the keys of phone numbers
    and is made on first use.
    """

    database_url: str
    secret_file: Path
    sweeper: bool = True
    sweep_every_ms: int = 100
    jobs_every_ms: int = 5_000  # how soon after its time a job is done
    feed_poll_ms: int = 250  # where nobody rings: SQLite, or a bell that is broken
    safety_poll_ms: int = 1_000  # where other processes ring
    trust_every_ms: int = 5_000  # how long the stream of a revoked device may go on
    keys_every_ms: int = 2_000  # how soon new keys in the file are used
    webhooks_every_ms: int = 500  # how soon what happened is told
    # Hosts to which webhooks go also without https and inside the network: an operator's own, and those of tests.
    webhook_hosts: tuple[str, ...] = ()
    serve_openapi: bool = False
    # Addresses of proxies whose X-Forwarded-For is believed; from anybody else it is anybody's claim. None by default.
    trusted_proxies: tuple[str, ...] = ()

    @staticmethod
    def for_folder(folder: Path) -> Settings:
        """A whole small cloud in one folder: a SQLite file and its keys."""
        return Settings(f"sqlite:///{folder / 'cloud.db'}", folder / "cloud.keys")
