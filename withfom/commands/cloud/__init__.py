"""``withfom cloud …``: run the cloud and make what it needs: stores, keys, codes; a file a group of verbs."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from withfom.commands.cloud import imports, integrators, people, points, running, shops
from withfom.commands.cloud.speaking import DATABASE_ENV, EXIT_FAILED, EXIT_USAGE, refuse

if TYPE_CHECKING:
    from cloud_api.settings import Settings

__all__ = ["DATABASE_ENV", "register", "run"]

# What a wrong --folder must not silently begin: everything but these asks about a cloud that exists.
_MAKES_A_CLOUD = ("serve", "migrate", "create-store", "create-key")


def register(subparsers: Any) -> None:
    """Adds ``cloud`` and its sub-commands."""
    cloud = subparsers.add_parser("cloud", help="클라우드 서버 / the cloud server")
    verbs = cloud.add_subparsers(dest="cloud_command", required=True, metavar="COMMAND")
    parts = (running, shops, integrators, people, points, imports)
    jobs = {name: job for part in parts for name, job in part.register(verbs).items()}
    cloud.set_defaults(cloud_jobs=jobs)


def run(args: argparse.Namespace) -> int:
    """Exit code 0, 1 when it failed, 2 when it was asked for wrongly."""
    from cloud_api.errors import ApiError, StartError

    settings = _settings(args)
    if settings is None:
        return refuse("--database 또는 --folder 가 필요해요 / --database or --folder is needed", EXIT_USAGE)
    missing = _missing_file(settings)
    if missing is not None and args.cloud_command not in _MAKES_A_CLOUD:
        return refuse(f"여기에는 클라우드가 없어요: {missing} / There is no cloud here: {missing}", EXIT_USAGE)
    try:
        return int(args.cloud_jobs[args.cloud_command](settings, args))
    except StartError as error:
        return refuse(str(error), EXIT_FAILED)
    except ApiError as error:
        return refuse(f"{error.problem.korean} / {error.problem.english}", EXIT_FAILED)
    except KeyboardInterrupt:
        return EXIT_FAILED


def _settings(args: argparse.Namespace) -> Settings | None:
    from cloud_api.settings import Settings

    url = args.database or os.environ.get(DATABASE_ENV)
    folder = args.folder or _folder_beside(url)
    if folder is None:
        return None
    made = Settings.for_folder(folder)
    return Settings(
        url or made.database_url,
        made.secret_file,
        serve_openapi=bool(getattr(args, "openapi", False)),
        webhook_hosts=tuple(getattr(args, "webhook_host", None) or ()),
        trusted_proxies=tuple(getattr(args, "trusted_proxy", None) or ()),
    )


def _missing_file(settings: Settings) -> Path | None:
    """The SQLite file that these settings name, when it does not exist."""
    if not settings.database_url.startswith("sqlite:///"):
        return None
    file = Path(settings.database_url.removeprefix("sqlite:///"))
    return None if file.exists() else file


def _folder_beside(url: str | None) -> Path | None:
    """Where the keys are when no folder is named: beside the SQLite file, or in the user's data folder."""
    if url is None:
        return None
    if url.startswith("sqlite:///"):
        return Path(url.removeprefix("sqlite:///")).parent
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "withfom-cloud"
