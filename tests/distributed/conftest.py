"""The engines, started once for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines import Engines, engines


@pytest.fixture(scope="module")
def running() -> Iterator[Engines]:
    """All engines on loopback."""
    with engines() as found:
        yield found
