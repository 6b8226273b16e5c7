"""The sensor that sees new files in the inbox and asks for the night, so that nobody waits until 04:30.

It looks at names, sizes and times only: it opens no file, takes no lock, and judges nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable

import dagster as dg

from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.inbox import candidates

EVERY = 60  # seconds
QUIET = 60.0  # seconds without a change after which a file is asked for


def inbox_sensor(job: dg.UnresolvedAssetJobDefinition, settings: Callable[[], Settings]) -> dg.SensorDefinition:
    """The sensor; settings: what they are at each look. A file is asked for once, however long it lies there."""

    @dg.sensor(
        name="inbox_files",
        job=job,
        minimum_interval_seconds=EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Vraagt om een nacht zodra er een nieuw bestand in de inbox ligt dat een minuut niet veranderde.",
    )
    def inbox_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            mine = settings()
            folder = Home.of(mine).inbox(mine)
            files = {file.name: file.lstat() for file in candidates(folder)}
        except (NplvError, OSError) as error:
            return dg.SkipReason(f"De inbox kan niet worden bekeken: {error}")
        quiet = {n: _entry(n, s.st_size, s.st_mtime_ns) for n, s in files.items() if abs(time.time() - s.st_mtime) >= QUIET}
        asked = set(json.loads(context.cursor or "[]"))
        if not files:
            context.update_cursor("[]")  # a file that comes back is a new one
            return dg.SkipReason(f"Er wacht niets in {folder}.")
        if not quiet:
            return dg.SkipReason(f"Wat in {folder} wacht ({len(files)}) veranderde in de laatste minuut nog.")
        if set(quiet.values()) <= asked:
            return dg.SkipReason(f"Voor wat in {folder} wacht ({len(quiet)}) is al om een nacht gevraagd.")
        listing = sorted(quiet.values())
        return dg.SensorResult(
            run_requests=[dg.RunRequest(run_key=f"{hashlib.sha256(''.join(listing).encode()).hexdigest()}-{time.time():.0f}")],
            cursor=json.dumps(listing),
        )

    return inbox_files


def _entry(name: str, size: int, changed: int) -> str:
    return hashlib.sha256(f"{name}\0{size}\0{changed}".encode("utf-8", "surrogateescape")).hexdigest()
