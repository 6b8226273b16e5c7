"""Loaded by each Python process of a soak, before anything else: what makes a simulated clock bearable, and faults that are put in from outside.

libfaketime 0.9.10 refuses how Python sleeps, and whoever sleeps until a moment sleeps past it when the clock is put forward. The file that SOAK_FAULTS names says
which publishers of the demo country are down (`down`) or answer with a page (`page`), by host, and whether the disk is full (`full`); it is read each time that
somebody asks or writes.
"""

from __future__ import annotations

import errno
import json
import os
import select
import sys
import threading
import time
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

_LOOK = 0.25  # seconds between two looks of who waits at a clock that may be put forward
_wait = threading.Event.wait


def _sleep(seconds: float) -> None:
    end = time.time() + seconds
    while (left := end - time.time()) > 0:
        select.select([], [], [], min(left, _LOOK))


def _wait_for(event: threading.Event, timeout: float | None = None) -> bool:
    if timeout is None:
        return _wait(event)
    end = time.time() + timeout
    while (left := end - time.time()) > 0:
        if _wait(event, min(left, _LOOK)):
            return True
    return event.is_set()


time.sleep = _sleep
threading.Event.wait = _wait_for  # type: ignore[method-assign]


def faults() -> dict[str, Any]:
    """The faults that there are now."""
    found: dict[str, Any] = json.loads(Path(os.environ["SOAK_FAULTS"]).read_text(encoding="utf-8"))
    return found


def _with_faulty_answers(module: ModuleType) -> None:
    import httpx

    answer = module.DemoTransport.handle_request

    def handle_request(self: Any, request: httpx.Request) -> httpx.Response:
        now = faults()
        if request.url.host in now.get("down", []):
            raise httpx.ConnectError("nobody answers")
        if request.url.host in now.get("page", []):
            return httpx.Response(200, text="<html>onderhoud</html>", headers={"content-type": "text/html"})
        response: httpx.Response = answer(self, request)
        return response

    module.DemoTransport.handle_request = handle_request


def _with_full_disk(module: ModuleType) -> None:
    write = module.write_atomically

    def write_atomically(path: Path, content: bytes) -> None:
        if faults().get("full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write(path, content)

    module.write_atomically = write_atomically


_PATCHES = {"nplv_orchestration.demo.transport": _with_faulty_answers, "nplv_orchestration.home": _with_full_disk}


class _Finder(MetaPathFinder):
    """Finds the modules in which faults are put, and has these changed once they are loaded."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name not in _PATCHES:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            spec.loader = _Faulty(spec.loader, _PATCHES[name])
        return spec


class _Faulty(Loader):
    def __init__(self, inner: Any, patch: Any) -> None:
        self._inner, self._patch = inner, patch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._inner.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        self._inner.exec_module(module)
        self._patch(module)


if "SOAK_FAULTS" in os.environ:
    sys.meta_path.insert(0, _Finder())
