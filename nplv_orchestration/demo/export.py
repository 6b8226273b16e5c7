"""Writes the demo country to a folder, to look at: every answer that its publishers give to what this project asks, and every delivery."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from nplv_orchestration.archive import Archive
from nplv_orchestration.demo.country import Country
from nplv_orchestration.demo.deliveries import files as deliveries
from nplv_orchestration.demo.deliveries import wrong
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport, addressed
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.settings import DemoSize, Settings
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import REGISTRY

_NOTE = """DEMONSTRATIEGEGEVENS: alle cijfers en namen in deze map zijn verzonnen.

antwoorden/   wat de uitgevers van het demoland antwoorden, per uitgever en tabel, in hun eigen vorm
leveringen/   wat er in het demoland in de inbox en in de map met gebieden en correcties ligt
geweigerd/    van elke opgave over het programma een die geweigerd wordt; leg haar in de inbox om te zien waarom

Grootte: {size}. Nacht: {night}.
"""


class _Recording(httpx.BaseTransport):
    """Keeps every answer, and writes them as files; those to one address get numbers in the order of their questions."""

    def __init__(self, inner: httpx.BaseTransport, folder: Path) -> None:
        self._inner, self._folder = inner, folder
        self._kept: dict[str, dict[str, Path]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._inner.handle_request(request)
        content = response.read()
        publisher = request.url.host.split(".")[0]
        place = f"{publisher}/{'/'.join(request.url.path.replace('/$count', '_count').strip('/').split('/')[-2:])}"
        draft = self._folder / place
        draft = draft.with_name(f".{draft.name}-{sha256(str(request.url).encode()).hexdigest()}")
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(content)
        self._kept.setdefault(place, {})[str(request.url)] = draft
        return response

    def write(self) -> None:
        """Give the answers their names. Several are asked side by side, so the order in which they came means nothing."""
        for place, drafts in self._kept.items():
            for number, question in enumerate(sorted(drafts, key=_with_wide_numbers), 1):
                name = place if "." in place.rsplit("/", 1)[-1] else f"{place}_{number}.json"
                drafts[question].rename(self._folder / name)


def _with_wide_numbers(text: str) -> str:
    return re.sub(r"\d+", lambda number: number[0].zfill(12), text)


def export(size: DemoSize, night: int, out: Path, progress: Progress = silent) -> int:
    """Write the country of a size on a night to a new folder, whole or not at all; how many files that made.

    Raises WrongCall when the folder is there, and NplvError when it cannot be written.
    """
    if out.exists():
        raise WrongCall(f"{out} is there already; give a folder that is not")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as folder:
            draft = Path(folder) / out.name
            draft.mkdir()
            _write(size, night, draft, Path(folder), progress)
            draft.rename(out)
    except OSError as error:
        raise NplvError(f"--out {out} cannot be written ({error.strerror}); see to its rights and its free space, or give another folder") from None
    return sum(path.is_file() for path in out.rglob("*"))


def _write(size: DemoSize, night: int, out: Path, scratch: Path, progress: Progress) -> None:
    figures = Figures(Country(size))
    delivered = out / "leveringen"
    delivered.mkdir()
    for name, content in deliveries(figures, night).items():
        (delivered / name).write_bytes(content)
    refused = out / "geweigerd"
    refused.mkdir()
    for name, content in wrong(figures).items():
        (refused / name).write_bytes(content)
    recording = _Recording(DemoTransport(figures, night), out / "antwoorden")
    publishers = Publishers(addressed(Settings.model_construct()), Archive(scratch / "archive"), Http(recording), progress, delivered)
    for table in REGISTRY:
        if not table.is_delivered:  # asked of nobody
            progress(f"bron {table.name}")
            refresh(table, publishers)
    publishers.close()
    recording.write()
    (out / "LEESMIJ.txt").write_text(_NOTE.format(size=size, night=night), encoding="utf-8")
