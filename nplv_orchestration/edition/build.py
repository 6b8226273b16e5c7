"""Makes the folder of an edition: every file in a draft beside it, then one rename.

Which files there are is decided here, in which order they are made, and that nothing of an area stands in them; what they tell is in the modules of each. When
one is made, and of which version, is in `desk`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from nplv_orchestration.edition import difference, docx, evidence, leaks, life, page, pdf, praatplaat, sheet
from nplv_orchestration.edition.document import cover, document
from nplv_orchestration.edition.life import Act, Standing
from nplv_orchestration.edition.table import Edition, read
from nplv_orchestration.errors import NplvError, some_of
from nplv_orchestration.home import exchange, point_to, sync
from nplv_orchestration.sums import problems, seal, sealed

BETWEEN = "between.json"


@dataclass(frozen=True)
class EditionResult:
    """An edition on disk. missing: the indicators without a figure, as 'name: reason'."""

    folder: Path
    year: int
    is_new: bool
    missing: list[str]


def make_edition(
    public_database: Path, editions: Path, year: int, standing: Standing | None = None, lakes: Mapping[str, str] | None = None
) -> EditionResult:
    """Make or remake the newest revision of a year from the public database; one that is unchanged is left alone.

    standing: default what its history says. lakes: as what its version stands in lakes that analysts attach. Raises NplvError without a published version, and when a name of an area would stand where it may not;
    WrongCall for a year without figures.
    """
    acts = life.read(editions / str(year))
    standing = standing or life.standing(acts)
    edition = replace(read(public_database, year), standing=standing)
    edition = replace(edition, facts=edition.facts | dict(lakes or {}))
    folder = editions / str(year) / f"r{standing.revision}"
    missing = [f"{row['name_nl']}: {row['status_reason']}" for row in edition.missing]
    before = compared_with(editions, year, acts, standing)
    previous = named(before) if before else ""
    steps = steps_between(folder, previous, edition.facts)
    provenance = evidence.provenance(edition, previous, (steps and sealed(steps)) or "")
    if not problems(folder) and (folder / "provenance.json").read_bytes() == provenance:
        return EditionResult(folder, year, False, missing)
    write_edition(edition, folder, before, steps, provenance)
    point_to(folder.parent / "current", folder.name)
    return EditionResult(folder, year, True, missing)


def write_edition(edition: Edition, folder: Path, before: Path | None, steps: Path | None, provenance: bytes) -> None:
    """Write the folder of an edition, in the place of what lies there, in one step.

    before: the folder that it is compared with; steps: what was recomputed between the two; provenance: its own file.
    """
    with drafted(folder) as draft:
        (draft / "provenance.json").write_bytes(provenance)
        _write_files(edition, draft, before, steps)


@contextmanager
def drafted(folder: Path) -> Iterator[Path]:
    """A draft to write files in, which when all went well is sealed and takes the place of a folder in one step."""
    draft = folder.with_name(f".draft-{folder.name}")
    if draft.exists():  # of a run that was killed
        shutil.rmtree(draft)
    draft.mkdir(parents=True)
    try:
        yield draft
        seal(draft)
        for file in draft.iterdir():
            sync(file)
        if folder.exists():
            exchange(draft, folder)
        else:
            draft.rename(folder)
            sync(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def named(folder: Path) -> str:
    """An edition by its name and its seal."""
    return f"{folder.parent.name}/{folder.name} {sealed(folder)}"


def steps_of(folder: Path) -> Path:
    """Where what is recomputed for a revision lies; folder: of that revision."""
    return folder.with_name(f"tussenstappen-{folder.name}")


def steps_between(folder: Path, before: str, facts: Mapping[str, str]) -> Path | None:
    """What was recomputed between a revision and the edition before it, or None when that was not done for this edition, version and code.

    before: that edition, as `named`; facts: of the published version.
    """
    path = steps_of(folder) / BETWEEN
    return steps_of(folder) if path.is_file() and path.read_bytes() == between(before, facts) else None


def steps_told(before: Path, folder: Path) -> Path | None:
    """What was recomputed between two editions and is told in the second; None when nothing was, or it is not as it was."""
    told = difference.provenance_of(folder)
    is_there = told.get("recomputed") and told["compared_with"] == named(before) and sealed(steps_of(folder)) == told["recomputed"]
    return steps_of(folder) if is_there else None


def between(before: str, facts: Mapping[str, str]) -> bytes:
    """The file that says between what was recomputed."""
    return json.dumps({"before": before, "version": facts["version"], "code": facts["code_version"]}).encode()


def compared_with(editions: Path, year: int, acts: Sequence[Act], standing: Standing) -> Path | None:
    """The folder of the edition with which this one is compared; none when it is the first.

    It is the frozen revision before it, and of a correction the last one that was sent; else the last frozen one of an earlier year.
    """
    known = life.sent(acts) if standing.corrects_sent else life.frozen(acts)
    earlier = [revision for revision in known if revision < standing.revision]
    if earlier:
        return editions / str(year) / f"r{max(earlier)}"
    for folder in sorted((f for f in editions.glob("[0-9]*") if int(f.name) < year), reverse=True):
        if found := life.frozen(life.read(folder)):
            return folder / f"r{max(found)}"
    return None


def _write_files(edition: Edition, folder: Path, before: Path | None, steps: Path | None) -> None:
    """All files of an edition beside its `provenance.json`: first what is compared with the edition before it, then what people read, then what the files are."""
    (folder / "berekening.csv").write_bytes(evidence.calculation(edition))
    if before:
        after = difference.told(folder, f"{edition.year}/r{edition.standing.revision}")
        edition = _compared(edition, difference.read(before), after, difference.steps(steps))
    blocks = document(edition)
    sheets = sheet.sheets(edition, cover(edition))
    made = {
        "overzichtstabel.csv": sheet.csv_bytes(edition),
        "overzichtstabel.xlsx": sheet.xlsx_bytes(sheets, edition),
        "overzichtstabel.ods": sheet.ods_bytes(sheets, edition),
        "voortgangsoverzicht.html": page.html(edition, blocks).encode(),
        "voortgangsoverzicht.pdf": pdf.pdf(edition, blocks),
        "voortgangsoverzicht.docx": docx.docx(edition, blocks),
        **praatplaat.praatplaat(edition),
        "afbakening.csv": evidence.delineation(edition),
        **evidence.achieved(edition),
        "revisies.csv": evidence.revisions(edition),
        "checks.json": evidence.checks(edition),
    }
    if edition.erratum:
        made["erratum.txt"] = "\n\n".join(edition.erratum).encode() + b"\n"
    for name, content in made.items():
        (folder / name).write_bytes(content)
    (folder / "dcat.jsonld").write_bytes(evidence.catalogued(edition, folder))
    (folder / "datapackage.json").write_bytes(evidence.datapackage(edition, folder))
    if found := leaks.found_in(folder, edition):
        raise NplvError(
            f"edition {edition.year} is not made, since an area would be named where none may be: {some_of(found)}; mend the text it comes from"
        )


def _compared(edition: Edition, before: difference.Told, after: difference.Told, between: Sequence[difference.Step]) -> Edition:
    """The edition with what moved since the one before it; a row is revised when a figure that it shows was another one there."""
    moved = difference.moved(before, after, between)
    shown = {row["indicator_id"]: {row[f"{point}_year"] for point in ("start1", "start2", "latest")} for row in edition.rows}
    revised = {one.indicator_id for one in moved if one.is_revised and one.year in shown[one.indicator_id]}
    rows = [row | {"revised": row["indicator_id"] in revised} for row in edition.rows]
    erratum = difference.erratum(before.name, moved, edition.standing.reason) if edition.standing.corrects_sent else []
    return replace(edition, rows=rows, compared_with=before.name, moved=moved, erratum=erratum)
