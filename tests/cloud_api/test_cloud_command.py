"""The command line of the cloud, as an operator meets it: real processes, one line for every refusal."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from alembic.script import ScriptDirectory

from cloud_api import rotation
from cloud_api.bootstrap import opened
from cloud_api.members.service import find_or_create
from cloud_api.migrations.runner import config
from cloud_api.settings import Settings
from cloud_api.vault import read_keys
from rules.phone import Phone, parse_phone
from tests.cloud_api.world import Device
from withfom.commands import cloud

ROOT = Path(__file__).resolve().parents[2]
# The command as its own program, without what the other commands bring along.
PROGRAM = """
import argparse, sys
from withfom.commands import cloud
parser = argparse.ArgumentParser(prog="withfom")
cloud.register(parser.add_subparsers(dest="command", required=True))
sys.exit(cloud.run(parser.parse_args()))
"""


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    parser = argparse.ArgumentParser(prog="withfom")
    cloud.register(parser.add_subparsers(dest="command", required=True))
    try:
        code = cloud.run(parser.parse_args(["cloud", *words]))
    except SystemExit as wrong:
        code = int(str(wrong.code))
    out, err = capsys.readouterr()
    return code, out.strip(), err.strip()


@contextmanager
def _served(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    server = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "cloud", "serve", "--folder", str(folder), "--port", "0", *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert server.stdout is not None
    try:
        line = server.stdout.readline()
        assert line.startswith("withfom cloud ready: http://127.0.0.1:"), (line, server.stderr and server.stderr.read())
        yield server, line.split()[-1]
    finally:
        if server.poll() is None:
            server.kill()
        server.communicate()


def test_a_cloud_is_made_served_and_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--folder", str(tmp_path / "cloud")]
    newest = ScriptDirectory.from_config(config()).get_current_head()
    assert _run(capsys, "migrate", *folder) == (0, f"schema {newest}", "")
    made = json.loads(
        _run(capsys, "create-store", *folder, "--name", "합정점", "--brand", "커피", "--json", "--rate-bp", "200")[1]
    )
    second = _run(capsys, "create-store", *folder, "--name", "망원점", "--brand", "커피")[1]
    code, key, _ = _run(capsys, "create-key", *folder, "--label", "데모")
    named = json.loads(_run(capsys, "create-key", *folder, "--label", "데모", "--json")[1])
    assert (code, set(named), len(key) > 40) == (0, {"key_id", "key"}, True)
    assert second != made["store_id"]
    assert (tmp_path / "cloud" / "cloud.keys").stat().st_mode & 0o077 == 0

    with _served(tmp_path / "cloud") as (server, url):
        assert httpx.get(url + "/v1/health").json()["status"] == "ok"
        assert httpx.get(url + "/openapi.json").status_code == 404
        # Beside the running server.
        issued = json.loads(_run(capsys, "enrollment-code", *folder, "--store", made["store_id"], "--json")[1])
        device = _enroll(url, issued["code"])
        assert device.welcome["policy"]["rate_bp"] == 200
        changed = _run(capsys, "set-policy", *folder, "--brand", "커피", "--request-timeout-ms", "3000")
        assert changed == (0, "policy version 2", "")
        target = "/v1/sync/stream?cursor=1.0.0"
        headers = {"authorization": device.sign("GET", target, b"")}
        with httpx.Client(timeout=10) as client, client.stream("GET", url + target, headers=headers) as stream:
            lines = stream.iter_lines()
            while '"version":2' not in next(lines):
                pass
            named = ("printing-device", *folder, "--device", device.device_id)
            assert _run(capsys, *named) == (0, f"printing {device.device_id}", "")
            assert _run(capsys, *named, "--none") == (0, "printing: the first that shows a request", "")
            assert _run(capsys, "revoke-device", *folder, "--device", device.device_id)[0] == 0
            server.send_signal(signal.SIGTERM)
            assert server.wait(5) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""
    assert _run(capsys, "verify", *folder) == (0, "postings 0 entries 0 sum 0", "")
    assert _run(capsys, "expire", *folder) == (0, "lots 0 points 0", "")
    status, said, _ = _run(capsys, "mark-restored", *folder)
    assert (status, int(said.removeprefix("generation ")) > 1) == (0, True)


def _enroll(url: str, code: str) -> Device:
    from types import SimpleNamespace

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from sync.protocol import enroll_proof_message
    from tests.cloud_api.world import base64url

    key = Ed25519PrivateKey.generate()
    public_key = base64url(key.public_key().public_bytes_raw())
    proof = base64url(key.sign(enroll_proof_message(code, public_key)))
    body = {"code": code, "public_key": public_key, "proof": proof, "label": "PC"}
    answer = httpx.post(url + "/v1/enrollments/redeem", json=body)
    assert answer.status_code == 201, answer.text
    here = SimpleNamespace(clock=lambda: time.time_ns() // 1_000_000)
    return Device(here, key, answer.json())  # type: ignore[arg-type]


def test_a_list_of_members_is_looked_at_and_then_taken_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """MEM-28"""
    folder = ["--folder", str(tmp_path / "cloud")]
    store = _run(capsys, "create-store", *folder, "--name", "합정점", "--brand", "커피")[1]
    place, left_out = tmp_path / "members.csv", tmp_path / "left-out.csv"
    place.write_bytes("휴대폰,적립금\n010-1234-5678,500\n010-12,1\n".encode("cp949"))
    take = ["import-members", str(place), *folder, "--store", store, "--problems", str(left_out)]

    code, out, err = _run(capsys, *take)

    assert (code, "--confirm 1,500,0" in out, "휴대폰 번호의 자릿수" in out) == (0, True, True)
    assert err.splitlines()[-1] == "checked"
    assert len(left_out.read_bytes().splitlines()) == 2
    assert _run(capsys, *take, "--confirm", "1,501,0")[0] == 1
    assert _run(capsys, "verify", *folder)[1] == "postings 0 entries 0 sum 0"
    code, out, err = _run(capsys, *take, "--confirm", "1,500,0", "--by", "김본사", "--json")
    done = json.loads(out)
    assert (code, done["state"], done["progress"]["points"], done["confirmed_by"]) == (0, "done", 500, "김본사")
    assert "importing 0 % (0 / 1)" in err
    assert json.loads(_run(capsys, *take, "--confirm", "1,500,0", "--json")[1])["import_id"] == done["import_id"]
    assert _run(capsys, "verify", *folder) == (0, "postings 1 entries 2 sum 0", "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--store", "nobody"], 1),
        (["--column", "phone=none"], 1),
        (["--column", "wrong=1"], 2),
        (["--confirm", "1,2"], 2),
        (["--confirm", "a,b,c"], 2),
    ],
)
def test_a_list_that_is_asked_for_wrongly_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    folder = ["--folder", str(tmp_path / "cloud")]
    store = _run(capsys, "create-store", *folder, "--name", "합정점", "--brand", "커피")[1]
    place = tmp_path / "members.csv"
    place.write_bytes(b"phone\n01012345678\n")

    assert _run(capsys, "import-members", str(place), *folder, "--store", store, *words)[0] == code
    assert _run(capsys, "import-members", str(tmp_path / "none.csv"), *folder, "--store", store)[0] == 2
    (tmp_path / "cloud" / "x.pdf").write_bytes(b"%PDF\0")
    assert _run(capsys, "import-members", str(tmp_path / "cloud" / "x.pdf"), *folder, "--store", store)[0] == 1


def test_a_second_server_of_a_folder_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with _served(tmp_path) as (_, url):
        code, out, err = _run(capsys, "serve", "--folder", str(tmp_path), "--port", "0")
        assert (code, out) == (1, "")
        assert "already running" in err
        assert len(err.splitlines()) == 1
        port = url.rsplit(":", 1)[1]
        other = tmp_path / "other"
        taken = subprocess.run(
            [sys.executable, "-c", PROGRAM, "cloud", "serve", "--folder", str(other), "--port", port],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert taken.returncode == 1
        assert "cannot listen" in taken.stderr
        assert "Traceback" not in taken.stderr


def test_wrong_usage_is_exit_2_and_failure_exit_1_without_a_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ["--folder", str(tmp_path)]
    (tmp_path / "file").write_text("")
    assert _run(capsys, "migrate", *folder)[0] == 0
    cases = [
        (2, ["serve"]),
        (2, ["serve", *folder, "--port", "99999"]),
        (2, ["serve", *folder, "--port", "-1"]),
        (2, ["create-store", *folder, "--name", " ", "--brand", "b"]),
        (2, ["create-store", *folder, "--name", "a"]),
        (2, ["create-store", *folder, "--name", "a", "--brand", "b", "--rate-bp", "1.5"]),
        (2, ["create-store", *folder, "--name", "a\nb", "--brand", "b"]),
        (2, ["nonsense"]),
        (1, ["enrollment-code", *folder, "--store", "nope"]),
        (1, ["revoke-device", *folder, "--device", "nope"]),
        (1, ["printing-device", *folder, "--device", "nope"]),
        (1, ["set-policy", *folder, "--brand", "nope"]),
        (1, ["migrate", "--database", "mysql://x/y"]),
        (1, ["serve", "--database", "mysql://x/y"]),
        (1, ["migrate", "--folder", str(tmp_path / "file" / "below")]),
        (1, ["serve", "--folder", str(tmp_path / "file" / "below")]),
        (1, ["migrate", "--database", "postgresql://127.0.0.1:1/none?connect_timeout=2", *folder]),
    ]
    for expected, words in cases:
        code, out, err = _run(capsys, *words)
        assert (code, out) == (expected, ""), (words, err)
        assert err, words
        assert "Traceback" not in err
        if expected == 1:
            assert len(err.splitlines()) == 1, err
            assert "/" in err


def test_a_folder_without_a_cloud_is_named_and_stays_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "nowhere"
    for words in (("verify",), ("enrollment-code", "--store", "x"), ("mark-restored",)):
        code, out, err = _run(capsys, *words, "--folder", str(wrong))
        assert (code, out) == (2, "")
        assert "여기에는 클라우드가 없어요" in err
        assert "There is no cloud here" in err
    assert not wrong.exists()


def test_the_database_may_be_named_by_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a password does not stand in the list of processes."""
    monkeypatch.setenv(cloud.DATABASE_ENV, f"sqlite:///{tmp_path / 'a.db'}")

    assert _run(capsys, "migrate")[0] == 0

    assert (tmp_path / "a.db").exists()
    assert (tmp_path / "cloud.keys").exists()


def test_keys_are_changed_and_old_ones_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "NOTICED_WITHIN_MS", 0)
    folder = ["--folder", str(tmp_path)]
    store = _run(capsys, "create-store", *folder, "--name", "합정점", "--brand", "커피")[1]

    first = _run(capsys, "rotate-keys", *folder, "--json")
    again = _run(capsys, "rotate-keys", *folder)
    gone = _run(capsys, "rotate-keys", *folder, "--retire")

    assert json.loads(first[1]) == {"fields": 1, "members": 0, "broken": 0}
    assert again == (0, "fields 0 members 0 broken 0", "")
    assert gone == (0, "retired", "")
    assert sorted(read_keys(tmp_path / "cloud.keys").fields) == [2]
    assert _run(capsys, "enrollment-code", *folder, "--store", store)[0] == 0


def test_a_second_rotation_at_once_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--folder", str(tmp_path)]
    _run(capsys, "create-store", *folder, "--name", "합정점", "--brand", "커피")
    with rotation.alone(tmp_path / "cloud.keys"):
        code, _out, said = _run(capsys, "rotate-keys", *folder)

    assert code == 1
    assert "another rotation is under way" in said
    assert sorted(read_keys(tmp_path / "cloud.keys").fields) == [1]


def test_points_are_corrected_by_two_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--folder", str(tmp_path)]
    store = _run(capsys, "create-store", *folder, "--name", "합정점", "--brand", "커피")[1]
    with opened(Settings.for_folder(tmp_path)) as here:
        phone = parse_phone("010-1234-5678")
        assert isinstance(phone, Phone)
        (member,) = here.database.transact(
            lambda work: find_or_create(work, here.vault, [phone], store_id=store)
        ).values()
    terms = [*folder, "--store", store, "--reason", "누락분", "--by", "김본사"]

    small = ["adjust", *terms, "--member", member, "--points", "700", "--idempotency-key", "first"]
    once, twice = _run(capsys, *small), _run(capsys, *small)
    less = _run(capsys, "adjust", *terms, "--phone", "010-1234-5678", "--points", "-200", "--json")
    large = json.loads(_run(capsys, "adjust", *terms, "--member", member, "--points", "60000", "--json")[1])

    assert once == twice
    assert once[1].endswith("confirmed +700 by 김본사: 누락분")
    assert json.loads(less[1])["points"] == -200
    assert large["state"] == "pending"
    which = large["adjustment_id"]
    assert _run(capsys, "adjustments", "list", *folder)[1] == f"{which} pending +60000 by 김본사: 누락분"
    decide = [*folder, "--id", which, "--by"]
    same = _run(capsys, "adjustments", "confirm", *decide, "김본사")
    assert same == (1, "", "다른 담당자의 확인이 필요합니다. / Somebody other than who proposed it has to confirm it.")
    assert _run(capsys, "adjustments", "confirm", *decide, "이본사")[0] == 0
    assert _run(capsys, "adjustments", "refuse", *decide, "이본사")[0] == 1
    assert json.loads(_run(capsys, "adjustments", "show", *folder, "--id", which, "--json")[1])["state"] == "confirmed"
    assert _run(capsys, "adjustments", "list", *folder) == (0, "", "")
    limits = ["--adjustment-limit-points", "10", "--lot-valid-days", "30", "--json"]
    assert json.loads(_run(capsys, "set-policy", *folder, "--brand", "커피", *limits)[1])["lot_valid_days"] == 30
    above = json.loads(_run(capsys, "adjust", *terms, "--member", member, "--points", "11", "--json")[1])
    assert above["state"] == "pending"
    assert _run(capsys, "adjustments", "refuse", *folder, "--id", above["adjustment_id"], "--by", "김본사")[0] == 0
    for code, words in (
        (2, ["adjustments", "show", *folder]),
        (2, ["adjustments", "confirm", *folder, "--id", which]),
        (2, ["adjust", *terms, "--member", member, "--points", "0"]),
        (2, ["adjust", *terms, "--member", member, "--points", "--5"]),
        (2, ["adjust", *terms, "--points", "5"]),
        (1, ["adjust", *terms, "--member", "nobody", "--points", "5"]),
        (1, ["adjust", *terms, "--phone", "010-9999-0000", "--points", "5"]),
        (1, ["adjust", *terms, "--phone", "02-123", "--points", "5"]),
        (1, ["adjust", *terms, "--member", member, "--points=-90000", "--idempotency-key", "first"]),
        (1, ["adjustments", "show", *folder, "--id", "nope"]),
    ):
        found = _run(capsys, *words)
        assert (found[0], found[1]) == (code, ""), (words, found)
        assert "Traceback" not in found[2]
    assert _run(capsys, "verify", *folder) == (0, "postings 3 entries 6 sum 0", "")
    told = _run(capsys, "explain", *folder, "--phone", "010-1234-5678")[1].splitlines()
    assert told[0] == f"member {member} points_balance 60500 points_expired 0 points_held 0 debt 0"
    assert [line.split()[3:6] for line in told[1:4]] == [
        ["+700", "=", "700"],
        ["-200", "=", "500"],
        ["+60000", "=", "60500"],
    ]
    assert "합정점, person:김본사" in told[1]
    assert "누락분 (김본사, 이본사); lot 60000, of it left 60000, until 20" in told[3]
    assert told[4] == "member 60500 = adjustment +60500"
    assert json.loads(_run(capsys, "explain", *folder, "--member", member, "--json")[1])["points_balance"] == 60_500
    newest = _run(capsys, "explain", *folder, "--member", member, "--limit", "1")[1].splitlines()
    assert newest[1].split() == ["member", "+500", "before", "what", "follows"]
    assert _run(capsys, "explain", *folder, "--member", "nobody")[0] == 1
    with sqlite3.connect(tmp_path / "cloud.db") as raw:
        raw.execute("UPDATE account SET balance = 999 WHERE kind = 'member'")
    code, out, _ = _run(capsys, "verify", *folder)
    assert code == 1
    assert f"balance member:{member}: cached 999 replayed 60500" in out.splitlines()
    rebuilt = _run(capsys, "verify", *folder, "--rebuild")
    assert rebuilt == (0, "rebuilt 1\npostings 3 entries 6 sum 0", "")


def test_keys_are_made_listed_changed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--folder", str(tmp_path), "--json"]
    store = json.loads(_run(capsys, "create-store", *at, "--name", "합정점", "--brand", "커피")[1])
    wanted = ["--label", "POS", "--scope", "members:*", "--scope", "requests:write", "--brand", "커피"]
    made = json.loads(_run(capsys, "create-key", *at, *wanted, "--per-minute", "120")[1])
    fresh = json.loads(_run(capsys, "rotate-key", *at, "--key-id", made["key_id"], "--old-hours", "1")[1])
    (found,) = json.loads(_run(capsys, "keys", *at)[1])["keys"]

    assert (fresh["key_id"], fresh["key"] != made["key"]) == (made["key_id"], True)
    assert found["scopes"] == ["members:*", "requests:write"]
    assert (found["brand_id"], found["store_id"], found["rate_per_minute"]) == (store["brand_id"], None, 120)
    assert found["old_until_ms"] is not None
    listed = _run(capsys, "keys", "--folder", str(tmp_path))[1]
    assert "in use POS [members:* requests:write]" in listed
    assert made["key"] not in listed
    assert _run(capsys, "revoke-key", "--folder", str(tmp_path), "--key-id", made["key_id"])[0] == 0
    assert "revoked POS" in _run(capsys, "keys", "--folder", str(tmp_path))[1]
    assert _run(capsys, "revoke-key", "--folder", str(tmp_path), "--key-id", "nope")[0] == 1
    assert _run(capsys, "create-key", *at, "--label", "x", "--scope", "members:all")[0] == 2
    assert _run(capsys, "create-key", *at, "--label", "x", "--store", "nope")[0] == 1
