"""The open data: what of sent editions goes to the public, as a folder that any web server can serve.

Each revision that went to parliament has an address of its own that never changes: its tables as csv and as Parquet, what their columns mean, how to cite it,
under which licence, and what differs from the revision before it. What an edition tells is made in `edition`; nothing else than that is read here.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.configuration import Configuration, of
from nplv_orchestration.dictionary import in_dutch
from nplv_orchestration.edition import difference, life
from nplv_orchestration.edition.evidence import LICENCES, as_json
from nplv_orchestration.errors import NplvError, WrongCall, some_of
from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.sums import problems, seal, sha256

if TYPE_CHECKING:
    import pyarrow as pa

LICENCE = {"name": "CC-BY-4.0", "title": "Creative Commons Naamsvermelding 4.0 Internationaal", "path": LICENCES["CC-BY-4.0"]}
_MEANT = {  # the table of a version whose columns a file of an edition has
    "enquete.csv": "programma.enquete", "kansrijke_wijk.csv": "programma.spuk_kansrijke_wijk", "resultaten.csv": "programma.resultaten",
    "revisies.csv": "provenance.revisions",
}  # fmt: skip
_INDEX, _CHANGELOG, _LATEST = "index.json", "changelog.json", "latest.json"


@dataclass(frozen=True)
class Sent:
    """A revision that went to parliament. address: its folder below the open data, such as 2025/r1."""

    year: int
    revision: int
    day: str
    letter: str
    folder: Path

    @property
    def package(self) -> dict[str, Any]:
        """What the edition tells of its own files."""
        told: dict[str, Any] = json.loads((self.folder / "datapackage.json").read_text(encoding="utf-8"))
        return told

    @property
    def programme(self) -> Configuration:
        """Of which programme it is."""
        return of(difference.provenance_of(self.folder)["published_version"])

    @property
    def address(self) -> str:
        """Its folder below the open data, which is also its name."""
        return f"{self.year}/r{self.revision}"

    def named(self) -> dict[str, Any]:
        """Which revision it is, where it stands, when it was sent, and whether it is invented: what every list of revisions tells of each."""
        return {
            "edition": self.year,
            "revision": self.revision,
            "path": f"{self.address}/",
            "sent": self.day,
            "letter": self.letter,
            "demonstratiegegevens": self.package["demonstratiegegevens"],
        }


def sent_editions(home: Home) -> Iterator[Sent]:
    """Every revision that went to parliament and was made here, the oldest first."""
    for year in sorted(home.editions.glob("[0-9]*")):
        for revision, act in sorted(life.sent(life.read(year)).items()):
            folder = year / f"r{revision}"
            if (folder / "datapackage.json").exists():  # of an earlier letter that was entered there are no data files
                yield Sent(int(year.name), revision, act.day, act.letter, folder)


def write(home: Home, out: Path) -> list[Sent]:
    """Make or complete the open data in a folder; gives the revisions that are in it. What is there stays: an address never changes its content.

    Raises WrongCall when nothing was sent yet or the folder holds something else, NplvError when an edition or what was written of it before is not as it was.
    """
    editions = list(sent_editions(home))
    if not editions:
        raise WrongCall("no edition was sent to parliament yet, and what was not sent is not public: `nplv edition YEAR --status verzonden`")
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / _INDEX).exists())):
        raise WrongCall(f"{out} holds something else than open data; give a folder that is empty or not there")
    for edition in editions:
        if found := life.faults(edition.folder):
            raise NplvError(f"edition {edition.address} is not as it was made: {some_of(found)}; put it back from a backup")
        if (out / edition.address).exists():
            if found := problems(out / edition.address):
                raise NplvError(
                    f"{out / edition.address} was changed after it was written: {some_of(found)}; remove the folder, and it is written again"
                )
        else:
            _revision(edition, out / edition.address)
    for year in dict.fromkeys(edition.year for edition in editions):
        newest = [edition for edition in editions if edition.year == year][-1]
        write_atomically(out / str(year) / _LATEST, as_json({"edition": year, "revision": newest.revision, "path": f"r{newest.revision}/"}))
    write_atomically(out / _CHANGELOG, as_json(_changelog(editions)))
    write_atomically(out / _INDEX, as_json(_index(editions, out)))
    return editions


def _index(editions: Sequence[Sent], out: Path) -> dict[str, Any]:
    """All that there is, for a machine that comes by."""
    return {
        "title": f"Open data van {editions[-1].programme.named_nl}",
        "licence": LICENCE,
        "changelog": _CHANGELOG,
        "editions": [
            {
                **edition.named(),
                "files": sorted(path.name for path in (out / edition.address).iterdir()),
            }
            for edition in editions
        ],
    }


def _changelog(editions: Sequence[Sent]) -> list[dict[str, Any]]:
    """What each revision changed of the one before it, the newest first: every figure of a year that both told, the latest figure, how it developed, and why."""
    told = [difference.read(edition.folder) for edition in editions]
    entries = []
    for place, edition in enumerate(editions):
        before = editions[place - 1] if place else None
        moved = difference.moved(told[place - 1], told[place]) if before else []
        entries.append(
            {
                **edition.named(),
                "compared_with": f"{before.address}/" if before else None,
                "reason": difference.provenance_of(edition.folder).get("reason", ""),
                "changes": [
                    {
                        name: value
                        for name, value in asdict(one).items()
                        if name in ("indicator_id", "name_nl", "what", "year", "before", "after", "causes")
                    }
                    for one in moved
                ],
            }
        )
    return entries[::-1]


def _revision(edition: Sent, folder: Path) -> None:
    """Write one revision; it is there whole or not at all."""
    package = edition.package
    tables = [resource for resource in package["resources"] if resource["type"] == "table"]
    draft = folder.with_name(f".new-{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    resources = []
    for table in tables:
        fields = [{**field, "description": in_dutch(_MEANT.get(table["path"], ""), field["name"])} for field in table["schema"]["fields"]]
        shutil.copyfile(edition.folder / table["path"], draft / table["path"])
        packed = Path(table["path"]).with_suffix(".parquet").name
        _as_parquet(draft / table["path"], fields, draft / packed, edition)
        files: list[tuple[str, str, dict[str, Any]]] = [
            (table["path"], "text/csv", {"type": "table", "encoding": "utf-8", "schema": {"fields": fields}}),
            (
                packed,
                "application/vnd.apache.parquet",
                {"type": "file", "description": f"Dezelfde tabel als {table['path']}; kolommen en typen staan in het bestand."},
            ),
        ]
        for path, media, more in files:
            file = draft / path
            resources.append(
                {"name": path.replace(".", "-"), "path": path, "format": file.suffix[1:], "mediatype": media, "bytes": file.stat().st_size}
                | {"hash": f"sha256:{sha256(file)}"}
                | more
            )
    told = {name: package[name] for name in ("$schema", "name", "title", "description", "created", "version", "demonstratiegegevens", "sources")}
    (draft / "datapackage.json").write_bytes(as_json({**told, "licenses": [LICENCE], "resources": resources}))
    (draft / "CITATION.cff").write_text(_citation(edition, package), encoding="utf-8")
    (draft / "LICENTIE.txt").write_text(_licence(package), encoding="utf-8")
    seal(draft)
    draft.rename(folder)


def _as_parquet(source: Path, fields: Sequence[dict[str, Any]], target: Path, edition: Sent) -> None:
    """A csv of an edition as Parquet, with the types of its schema; an empty cell is missing."""
    import pyarrow as pa
    from pyarrow import parquet

    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    schema = pa.schema(
        [pa.field(f["name"], _type(f["type"]), metadata={"description": f["description"]}) for f in fields],
        metadata={"edition": edition.address, "licence": LICENCE["name"], "publisher": edition.programme.name_nl},
    )
    columns = [pa.array([_typed(row[f["name"]], f["type"]) for row in rows], type=_type(f["type"])) for f in fields]
    parquet.write_table(pa.Table.from_arrays(columns, schema=schema), target, compression="zstd")


def _type(kind: str) -> pa.DataType:
    import pyarrow as pa

    return {
        "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(), "datetime": pa.timestamp("us"),
    }[kind]  # fmt: skip


def _typed(cell: str, kind: str) -> Any:
    """A cell of a csv as its type; empty is missing."""
    if cell == "":
        return None
    match kind:
        case "integer":
            return int(cell)
        case "number":
            return float(cell)
        case "boolean":
            return cell == "true"
        case "date":
            return date.fromisoformat(cell)
        case "datetime":
            return datetime.fromisoformat(cell)
    return cell


def _citation(edition: Sent, package: dict[str, Any]) -> str:
    """How to cite it, in the Citation File Format 1.2.0."""
    demo = "DEMONSTRATIEGEGEVENS: " if package["demonstratiegegevens"] else ""
    return (
        "cff-version: 1.2.0\n"
        "message: Verwijs zo naar deze gegevens.\n"
        "type: dataset\n"
        f"title: {json.dumps(demo + package['title'], ensure_ascii=False)}\n"
        f"version: '{package['version']}'\n"
        f"date-released: '{edition.day}'\n"
        f"license: {LICENCE['name']}\n"
        f"authors:\n  - name: {json.dumps(edition.programme.name_nl, ensure_ascii=False)}\n"
        f"identifiers:\n  - type: other\n    value: urn:nplv:voortgangsoverzicht:{edition.year}:r{edition.revision}\n    description: Vast adres {edition.address}/\n"
        f"  - type: other\n    value: {json.dumps(edition.letter, ensure_ascii=False)}\n    description: Kamerstuknummer\n"
    )


def _licence(package: dict[str, Any]) -> str:
    """Under which licence it may be used, and what it was made from."""
    sources = "".join(f"- {source['title']}\n" for source in package["sources"])
    return (
        f"{package['title']}\n\nU mag deze gegevens delen en bewerken onder {LICENCE['title']} ({LICENCE['name']}, {LICENCE['path']}), met naamsvermelding:\n"
        f"zie CITATION.cff.\n\nDe gegevens zijn gemaakt uit:\n{sources}"
    )
