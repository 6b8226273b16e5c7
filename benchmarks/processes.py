"""Measuring whole processes, and telling it as a table; a free port, and a copy of the project: what the scripts here share, with each other and with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NPLV = [sys.executable, "-m", "nplv_orchestration.cli"]
MEMORY = 1536  # MB that a night may have


def copy_project(to: Path) -> Path:
    """Copy what a run needs of the project into a folder that is not there yet; it is to be prepared."""
    for name in ("nplv_orchestration", "dbt_project", "assets", "checks"):
        shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__", "target"))
    return to


def free_port() -> int:
    """A port of this machine that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@dataclass
class Task:
    """What is measured: a command, what is done before each time, and the seconds and MB that it may take (None: no bound)."""

    name: str
    command: list[str]
    seconds: float | None = None
    memory: int | None = None
    before: Callable[[], object] = lambda: None
    found: list[tuple[float, float]] = field(default_factory=list)


def measure(task: Task, environment: dict[str, str]) -> None:
    """Run a task once more; seconds on the clock, and the most memory it had in MB. Raises when it fails."""
    task.before()
    begin = time.perf_counter()
    process = subprocess.Popen(task.command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(task.command)} ended with status {process.returncode}")
    task.found.append((time.perf_counter() - begin, used.ru_maxrss / 1024))


def table(tasks: list[Task]) -> str:
    """A row for each task: the median of its rounds with the lowest and the highest, and its bounds."""
    lines = ["| what | seconds: median (lowest to highest) | bound | most memory, MB | bound |", "|---|---|---|---|---|"]
    for task in tasks:
        seconds, memory = [s for s, _ in task.found], max(m for _, m in task.found)
        lines.append(
            f"| {task.name} | {statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f}) | {task.seconds or ''} | {memory:.0f} "
            f"| {task.memory or ''} |"
        )
    return "\n".join(lines)
