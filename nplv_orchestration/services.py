"""The processes of the UI: Dagster's code server, web server and daemon, and the pages about the checks. Each that dies is started again.

Which processes there are and keeping them alive belongs here; what they show is defined in `build`. Nothing of a night is lost with any of them: a schedule whose
daemon was away catches up, and a run whose process died is begun again by the sensor `night_watch`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nplv_orchestration import docs_server
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings

LOCATION = "nplv_orchestration.definitions"
_LOOK = 0.5  # seconds between two looks at the processes
_STEADY = 60.0  # seconds after which a process that dies did not die at its start
_MOST = 6  # deaths at its start after which something is wrong that a restart does not mend
_PAUSE, _LONGEST = 1.0, 30.0  # seconds before the second restart, twice as long before each after it, and at the most
_STOP = 5.0  # seconds that the processes have to end by themselves; the web server would wait for as long as a page is open
_PARENT_DIES = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass(frozen=True)
class Service:
    """One process: its name for people, and its command."""

    name: str
    command: tuple[str, ...]


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    since: float
    deaths: int = 0
    again_at: float = 0.0


def services(settings: Settings, port: int, folder: Path, *, is_read_only: bool = False) -> list[Service]:
    """The processes of a UI at a port of this machine. folder: for the socket of the code server, which none but this user can enter.

    is_read_only: a UI for who may look and launch nothing; it has no daemon, and no pages of its own.
    """
    home, code, workspace = Home.of(settings), folder / "code", folder / "workspace.yaml"
    workspace.write_text(f"load_from:\n  - grpc_server:\n      socket: {code}\n      location_name: {LOCATION}\n", encoding="utf-8")
    python = (sys.executable, "-m")
    found = [
        Service(
            "de codeserver",
            (
                *python,
                "dagster",
                "api",
                "grpc",
                "-s",
                str(code),
                "-m",
                LOCATION,
                "--location-name",
                LOCATION,
                "--lazy-load-user-code",
                "--log-level",
                "critical",
            ),
        ),
        Service(
            "de webserver",
            (*python, "dagster_webserver", "-h", "127.0.0.1", "-p", str(port), "-w", str(workspace), "--dagster-log-level", "warning")
            + (("--read-only",) if is_read_only else ()),
        ),
    ]
    if not is_read_only:
        pages = (docs_server.HOST,) if settings.deployment else (str(home.data_docs), str(home.editions), str(settings.docs_port))
        found += [
            Service("de daemon", (*python, "dagster._daemon", "run", "-w", str(workspace), "--log-level", "warning")),
            Service("de bladzijden over de controles", (*python, "nplv_orchestration.docs_server", *pages)),
        ]
    return found


def demand_free(port: int, otherwise: str) -> None:
    """Raises WrongCall when a port of this machine cannot be used. otherwise: what can be done then."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise WrongCall(f"port {port} cannot be used ({getattr(error, 'strerror', None) or error}); {otherwise}") from None


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for this user alone, with a name short enough for a socket, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="nplv-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep(wanted: Sequence[Service], say: Callable[[str], None], inherited: int | None = None) -> None:
    """Start these processes, the first one first, and start again what dies, until this process is interrupted or told to end; then all end.

    inherited: a file that they hold as well, so that its lock lives as long as any of them. Raises NplvError when one ends with an error at its start again and again; one that is
    killed is started again for as long as it takes, since the others have nights to run.
    """
    running: dict[Service, _Running] = {}
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        for service in wanted:
            running[service] = _Running(_start(service, inherited), time.monotonic())
            if service is wanted[0]:
                _wait_for(service, running[service].process)
        while True:
            time.sleep(_LOOK)
            for service, one in running.items():
                _look_at(service, one, say, inherited)
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        _stop([one.process for one in running.values()])


def _look_at(service: Service, one: _Running, say: Callable[[str], None], inherited: int | None) -> None:
    status, now = one.process.poll(), time.monotonic()
    if status is None:
        return
    if not one.again_at:
        one.deaths = 1 if now - one.since > _STEADY else one.deaths + 1
        if one.deaths >= _MOST and status >= 0:  # whom the system or somebody killed did nothing wrong at its start
            raise NplvError(f"{service.name} ends at its start each time (status {status}); see what it says above, or `nplv doctor`")
        one.again_at = now + (min(_LONGEST, _PAUSE * 2 ** (one.deaths - 2)) if one.deaths > 1 else 0.0)
        say(f"{service.name} hield op (status {status}) en wordt opnieuw gestart")
    if now >= one.again_at:
        one.process, one.since, one.again_at = _start(service, inherited), now, 0.0


def _start(service: Service, inherited: int | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(service.command, pass_fds=() if inherited is None else (inherited,), preexec_fn=end_with_parent)


def end_with_parent() -> None:
    """Of a new process: end when the one that started it is killed. Linux does that; elsewhere the lock, which it inherits, keeps a second UI from starting."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DIES, signal.SIGTERM)


def _wait_for(service: Service, process: subprocess.Popen[bytes]) -> None:
    """Wait until the code server can be asked; the others would begin by saying that it is not there. It is theirs to wait for when it takes too long."""
    path = service.command[service.command.index("-s") + 1]
    for _ in range(120):
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(path)
            return
        if process.poll() is not None:
            return
        time.sleep(0.25)


def _interrupt(signum: int, frame: object) -> None:
    raise KeyboardInterrupt


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes, the last one first, so that none sees the one that it asks go away."""
    end = time.monotonic() + _STOP
    for process in reversed(processes):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
