"""The small world of the demo on loopback: which programs run, with which ports and folders, and in which order."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from demo.control import AgentControl
from demo.customers import CloudClient
from demo.processes import DemoFailure, Program, free_port, run_json, run_text, wait_until
from demo.virtual_pos import VirtualPos
from demo.virtual_printer import VirtualPrinter

SHOP = "느린오후 커피"
# The name carries the mark, so that every screen, slip and answer of the demo shows it.
STORE_NAME = f"{SHOP} · 체험"
BRAND_NAME = "느린오후"


@dataclass(frozen=True)
class WorldSettings:
    """What a person may choose about the demo."""

    folder: Path
    request_timeout_s: int = 60
    language: str = "ko"
    headless: bool = False
    pos_seed: int = 7


@dataclass
class DemoWorld:
    """Owns every process, server and client of one demo."""

    settings: WorldSettings
    printer: VirtualPrinter
    pos: VirtualPos
    cloud_port: int
    capture_port: int
    programs: dict[str, Program] = field(default_factory=dict)
    _cloud: CloudClient | None = None
    _agent: AgentControl | None = None

    @staticmethod
    def open(settings: WorldSettings) -> DemoWorld:
        """Start the printer, the cloud, the capture proxy and the agent, in that order. Raises DemoFailure."""
        settings.folder.mkdir(parents=True, exist_ok=True)
        printer = VirtualPrinter(port=0, folder=settings.folder / "printed")
        printer.start()
        capture_port = free_port()
        world = DemoWorld(
            settings,
            printer,
            VirtualPos("127.0.0.1", capture_port, seed=settings.pos_seed, shop=SHOP),
            free_port(),
            capture_port,
        )
        try:
            world._start_programs()
        except BaseException:
            world.close()
            raise
        return world

    @property
    def cloud(self) -> CloudClient:
        assert self._cloud is not None, "the cloud client exists once the world is open"
        return self._cloud

    @property
    def agent(self) -> AgentControl:
        assert self._agent is not None, "the agent control exists once the world is open"
        return self._agent

    @property
    def cloud_url(self) -> str:
        return f"http://127.0.0.1:{self.cloud_port}"

    @property
    def agent_folder(self) -> Path:
        return self.settings.folder / "agent"

    @property
    def spool_folder(self) -> Path:
        return self.settings.folder / "spool"

    @property
    def _cloud_folder(self) -> str:
        return str(self.settings.folder / "cloud")

    def _start_programs(self) -> None:
        at = ["--folder", self._cloud_folder]
        run_text(["cloud", "migrate", *at])
        shop = ["--name", STORE_NAME, "--brand", BRAND_NAME]
        timeout_ms = str(self.settings.request_timeout_s * 1000)
        store = run_json(["cloud", "create-store", *at, *shop, "--request-timeout-ms", timeout_ms])
        key = run_json(["cloud", "create-key", *at, "--label", "demo"])
        code = run_json(["cloud", "enrollment-code", *at, "--store", store["store_id"]])
        self.start_cloud()
        self._cloud = CloudClient(self.cloud_url, key["key"], store["store_id"])
        self.start_capture()
        self.start_agent("--enroll-code", code["code"])

    def start_cloud(self) -> None:
        self._start(
            "cloud",
            "cloud",
            "serve",
            "--folder",
            self._cloud_folder,
            "--host",
            "127.0.0.1",
            "--port",
            str(self.cloud_port),
        )

    def start_capture(self) -> None:
        self._start(
            "capture",
            "capture",
            "--listen",
            f"127.0.0.1:{self.capture_port}",
            "--printer",
            f"127.0.0.1:{self.printer.port}",
            "--spool",
            str(self.spool_folder),
        )

    def start_agent(self, *extra: str) -> None:
        """Start the agent on its folder and connect the remote control to it."""
        arguments = ["--folder", str(self.agent_folder), "--cloud", self.cloud_url, "--demo"]
        arguments += ["--printer", f"127.0.0.1:{self.printer.port}", "--spool", str(self.spool_folder)]
        arguments += ["--language", self.settings.language]
        if self.settings.headless:
            arguments.append("--headless")
        self._start("agent", "agent", *arguments, *extra)
        if self._agent is not None:
            self._agent.close()
        self._agent = AgentControl(self.agent_folder)

    def _start(self, name: str, *arguments: str) -> None:
        self.programs[name] = Program.start(name, arguments, self.settings.folder / "log")

    def wait_online(self) -> None:
        """Wait until the agent has spoken with the cloud and owes it nothing."""
        wait_until(
            lambda: (status := self.agent.status())["online"] and status["queued"] == 0,
            what="the agent is online and its queue is empty",
            timeout_s=60,
        )

    def close(self) -> dict[str, int]:
        """Stop everything, newest first; answers the exit code of each program."""
        if self._agent is not None:
            self._agent.close()
        if self._cloud is not None:
            self._cloud.close()
        codes = {name: program.stop() for name, program in reversed(self.programs.items())}
        self.printer.stop()
        return codes


def require_clean_exit(codes: dict[str, int]) -> None:
    """Every program of the demo must end with 0 when asked to. Raises DemoFailure."""
    dirty = {name: code for name, code in codes.items() if code != 0}
    if dirty:
        raise DemoFailure(f"programs that did not end cleanly: {dirty}")
