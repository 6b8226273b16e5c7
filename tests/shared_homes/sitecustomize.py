"""Gives each home of a test a place of its own in one deployment, in the test's process and in those that it starts (this folder is on their path).

A home that is copied is another home: with the settings alone both would be one and the same.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from dataclasses import replace
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

SETTINGS = "nplv_orchestration.settings"
SWITCH = "TEST_HOMES_ARE_SHARED"


def apart(settings: ModuleType) -> None:
    """Let the deployment of each home be of a programme of its own."""
    original = settings.Settings.deployment

    def deployment(self: Any) -> Any:
        found = original.fget(self)
        name = "h" + hashlib.sha256(str(self.home.absolute()).encode()).hexdigest()[:12]
        return found and replace(found, store=f"{found.store}/{name}", programme=name)

    settings.Settings.deployment = property(deployment)


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if name != SETTINGS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec and spec.loader:
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader(Loader):
    def __init__(self, real: Any) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._real.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        self._real.exec_module(module)
        apart(module)


if os.environ.get(SWITCH) and SETTINGS not in sys.modules:
    sys.meta_path.insert(0, _Finder())
