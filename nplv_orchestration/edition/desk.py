"""What is done with an edition: the concept of each night, and the acts by which people agree to it, freeze it, send it and correct it.

Each function takes the home, and is for who holds its lock. Which act is refused is in `life`, how the files are made in `build`.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nplv_orchestration import current
from nplv_orchestration.archive import now as moment
from nplv_orchestration.edition import earlier, life
from nplv_orchestration.edition.build import EditionResult, drafted, make_edition
from nplv_orchestration.edition.difference import provenance_of
from nplv_orchestration.edition.life import Act, Standing
from nplv_orchestration.edition.table import catalogue
from nplv_orchestration.errors import NplvError, WrongCall, some_of
from nplv_orchestration.home import Home, point_to
from nplv_orchestration.sums import sealed
from nplv_orchestration.versions import versions


@dataclass(frozen=True)
class Step:
    """What a person asks to be done with an edition. status: what it becomes, one of `STATUSES`; empty: its concept is made anew."""

    status: str = ""
    who: str = ""
    bodies: tuple[str, ...] = ()
    day: str = ""
    letter: str = ""
    reason: str = ""


def act(home: Home, year: int, step: Step) -> EditionResult:
    """Take a step, and give the edition as it lies there afterwards. Raises WrongCall for a status that there is not, and as the function of each status."""
    match step.status:
        case "":  # nothing but what follows every step
            pass
        case "concept":
            take_back(home, year, step.reason, step.who)
        case "afgestemd":
            agree(home, year, step.bodies, step.who)
        case "ter-besluitvorming":
            freeze(home, year, step.who)
        case "verzonden":
            send(home, year, step.day, step.letter, step.who)
        case _:
            raise WrongCall(f"'{step.status[:40]}' is no status; it is one of {', '.join(life.STATUSES)}")
    return concept(home, year)


def concept(home: Home, year: int) -> EditionResult:
    """Make the newest revision of a year anew; after its data cut-off of the version of that day, and not any more once somebody agreed to it.

    Raises NplvError when a file that may not change any more was changed, or a version is gone; else as `make_edition`.
    """
    now = life.standing(life.read(home.editions / str(year)))
    folder = _folder(home, year, now)
    if now.agreed:
        demand_untouched(folder)
        return EditionResult(folder, year, False, _missing(folder))
    return _made(home, year, now)


def demand_untouched(folder: Path) -> None:
    """Raises NplvError when a revision is not as it was made, or as it was frozen."""
    if found := life.faults(folder):
        raise NplvError(f"{folder} was changed after it was made: {some_of(found)}; put it back from a backup")


def set_cut_off(home: Home, year: int, day: str, who: str) -> None:
    """Set the day up to which data counts. Raises WrongCall as `life.cut_off`, and for a day that is past and of which no version is kept."""
    folder = home.editions / str(year)
    now = life.standing(life.read(folder))
    found = life.cut_off(now, year, day)
    version = life.version_of(home, found)
    if found < life.today() and not (version and (home.published / version).is_dir()):
        raise WrongCall(
            f"of {found} no published version is kept, so it cannot be the data cut-off of edition {year}; `nplv rollback` lists those that are"
        )
    life.write(folder, Act(moment(), "sluitingsdatum", now.revision, life.demand_person(who), day=found.isoformat()))


def agree(home: Home, year: int, bodies: Sequence[str], who: str) -> None:
    """Write down who agreed to the concept as it lies there. Raises WrongCall as `life.agree`, and without a concept."""
    folder, now = _there(home, year)
    who, agreeing = life.demand_person(who), life.agree(now, year, bodies, life.today())
    demand_untouched(folder)
    version = provenance_of(folder)["published_version"]["version"]
    if _version(home, year, now) != version:
        raise WrongCall(
            f"edition {year} r{now.revision} is not of the version of its data cut-off: make it anew with `nplv edition {year}`, and look at it again"
        )
    life.write(folder.parent, *(Act(moment(), "afgestemd", now.revision, who, body=body, version=version) for body in agreeing))


def take_back(home: Home, year: int, reason: str, who: str) -> None:
    """Take back all that was agreed to, so that the concept changes again with the figures. Raises WrongCall as `life.take_back`."""
    folder, now = _there(home, year)
    who, reason = life.demand_person(who), life.take_back(now, year, reason)
    life.write(folder.parent, Act(moment(), "concept", now.revision, who, text=reason))


def freeze(home: Home, year: int, who: str) -> None:
    """Make the final files of the concept to which all agreed, and freeze them.

    Raises WrongCall while not all agreed, NplvError when the same version does not make the same figures any more.
    """
    folder, now = _there(home, year)
    who = life.demand_person(who)
    life.demand_agreed(now, year)
    demand_untouched(folder)
    if provenance_of(folder)["code_version"] != versions()["code_version"]:
        raise NplvError(
            f"edition {year} is not frozen: the code changed since people agreed to it, and may make other figures; go back to the code of that day, or take the "
            f"agreement back: `nplv edition {year} --status concept`"
        )
    made = _made(home, year, now, replace(now, status="ter-besluitvorming"))
    life.write(folder.parent, Act(moment(), "ter-besluitvorming", now.revision, who, version=now.version, seal=sealed(made.folder) or ""))


def send(home: Home, year: int, day: str, letter: str, who: str) -> None:
    """Write down when the letter went to parliament, and its number. Raises WrongCall as `life.send`."""
    folder, now = _there(home, year)
    who = life.demand_person(who)
    found, number = life.send(now, year, day, letter, life.today())
    demand_untouched(folder)
    life.write(folder.parent, Act(moment(), "verzonden", now.revision, who, day=found.isoformat(), letter=number))


def revise(home: Home, year: int, reason: str, who: str) -> EditionResult:
    """Begin the next revision of a frozen edition, and make its concept. Raises WrongCall as `life.revise`."""
    folder, now = _there(home, year)
    who, reason = life.demand_person(who), life.revise(now, year, reason)
    life.write(folder.parent, Act(moment(), "revisie", now.revision + 1, who, text=reason))
    return concept(home, year)


def split(home: Home, year: int) -> EditionResult:
    """Compute what each cause did to the figures that moved since the edition before, and make the concept of it. Raises as `life.demand_concept` and `rebuild.split`."""
    from nplv_orchestration import rebuild

    folder, now = _there(home, year)
    life.demand_concept(now, year)
    demand_untouched(folder)
    rebuild.split(home, folder)
    return concept(home, year)


def remark(home: Home, year: int, text: str, who: str) -> None:
    """Keep a remark about the newest revision. Raises WrongCall when there is none, or the remark is empty."""
    folder, now = _there(home, year)
    life.write(folder.parent, Act(moment(), "opmerking", now.revision, life.demand_person(who), text=life.remark(text)))


def enter(home: Home, year: int, file: Path, day: str, letter: str, who: str) -> Path:
    """Keep the figures of an earlier letter as revision 0 of its year, frozen; file: as `earlier.read` takes it.

    Raises WrongCall when it is there already, or for a file that is not as it should be, naming the line.
    """
    folder = home.editions / str(year)
    acts = life.read(folder)
    if 0 in life.frozen(acts):
        raise WrongCall(f"the figures of the letter of {year} were entered already: {folder / 'r0'}")
    who = life.demand_person(who)
    sent, number = life.send(Standing(status="ter-besluitvorming"), year, day, letter, life.today())
    database = current.name(home)
    if database is None:
        raise NplvError("nothing was published yet, so no indicator is known; run `nplv run` first")
    figures = earlier.read(file, catalogue(home.published / database / "openbaar" / "nplv.duckdb"), year)
    with drafted(folder / "r0") as draft:
        for name, content in earlier.files(figures, year, number, sent).items():
            (draft / name).write_bytes(content)
    if not (folder / "current").exists():
        point_to(folder / "current", "r0")
    life.write(folder, Act(moment(), "ingevoerd", 0, who, day=sent.isoformat(), letter=number, seal=sealed(folder / "r0") or ""))
    return folder / "r0"


def _there(home: Home, year: int) -> tuple[Path, Standing]:
    """The folder of the newest revision, and where it stands. Raises WrongCall when there is none yet."""
    now = life.standing(life.read(home.editions / str(year)))
    folder = _folder(home, year, now)
    if not folder.is_dir():
        raise WrongCall(f"there is no edition {year} yet: `nplv edition {year}` makes its concept")
    return folder, now


def _folder(home: Home, year: int, now: Standing) -> Path:
    return home.editions / str(year) / f"r{now.revision}"


def _version(home: Home, year: int, now: Standing) -> str:
    """The published version that a revision is of. Raises NplvError when there is none yet."""
    at_cut_off = now.cut_off if now.cut_off and life.today() > now.cut_off else None
    version = now.version or (life.version_of(home, at_cut_off) if at_cut_off else current.name(home))
    if version is None:
        raise NplvError(f"{home.root} holds no published version for edition {year}; run `nplv run` first")
    return version


def _database(home: Home, year: int, now: Standing) -> Path:
    """The public database that a revision is made from. Raises NplvError when its version is gone or was changed."""
    folder = home.published / _version(home, year, now)
    if not folder.is_dir():
        raise NplvError(f"edition {year} rests on version {folder.name}, which is gone; put it back from a backup, or set a later data cut-off")
    if found := current.faults(home, folder):
        raise NplvError(f"version {folder.name}, on which edition {year} rests, was changed: {some_of(found)}; put it back from a backup")
    return folder / "openbaar" / "nplv.duckdb"


def _made(home: Home, year: int, now: Standing, standing: Standing | None = None) -> EditionResult:
    """The newest revision, made of the version that it is of. standing: default where it stands now."""
    return make_edition(_database(home, year, now), home.editions, year, standing, home.in_lakes(_version(home, year, now)))


def _missing(folder: Path) -> list[str]:
    """The indicators without a figure, of an edition that lies there."""
    with (folder / "overzichtstabel.csv").open(encoding="utf-8", newline="") as file:
        return [f"{row['name_nl']}: {row['remarks']}" for row in csv.DictReader(file) if not row["latest_value"]]
