"""The life of an edition: what people did with it, when, and what may happen next.

One line of `editions/<year>/history.jsonl` for each act, never changed afterwards; where an edition stands follows from its lines. Which act is refused is
decided here; the files that an act makes are made in `build`, and both are put together in `desk`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal, get_args

from nplv_orchestration import current
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.nights import AMSTERDAM
from nplv_orchestration.sums import problems, sealed

Status = Literal["concept", "afgestemd", "ter-besluitvorming", "verzonden"]
STATUSES: tuple[Status, ...] = get_args(Status)
BODIES = ("VRO", "J&V", "OCW", "SZW", "VWS", "gebiedsoverleg", "directeurenoverleg", "gebiedsdirecteuren")
"""Who agrees before an edition goes to the minister, in the order of the route."""
HISTORY = "history.jsonl"
_LONGEST = 2000  # characters of a reason or a remark


@dataclass(frozen=True)
class Act:
    """One thing that somebody did with a revision.

    body: who agreed, of `BODIES`. day: the data cut-off, or when the letter was sent. letter: its number. text: a reason or a remark.
    version: the published version that the figures are of. seal: the hash of the folder's SHA256SUMS, of what was frozen.
    """

    at: str
    act: Literal["sluitingsdatum", "concept", "afgestemd", "ter-besluitvorming", "verzonden", "revisie", "opmerking", "ingevoerd"]
    revision: int
    who: str
    body: str = ""
    day: str = ""
    letter: str = ""
    text: str = ""
    version: str = ""
    seal: str = ""


@dataclass(frozen=True)
class Standing:
    """Where the newest revision of an edition stands. version: the one that it rests on for good, once somebody agreed to it."""

    revision: int = 1
    status: Status = "concept"
    cut_off: date | None = None
    agreed: tuple[str, ...] = ()
    reason: str = ""
    """Why this revision came after another."""
    version: str = ""
    corrects_sent: bool = False
    """Whether the revision before it went to parliament, so that an erratum goes with this one."""

    @property
    def is_frozen(self) -> bool:
        """Whether its files are never touched again."""
        return self.status in ("ter-besluitvorming", "verzonden")

    @property
    def not_agreed(self) -> list[str]:
        """Who has yet to agree."""
        return [body for body in BODIES if body not in self.agreed]

    def told(self) -> str:
        """What it is, for who reads its files: a concept says so; what is frozen is the edition."""
        revision = f"revisie {self.revision}" if self.revision > 1 else ""
        return revision.capitalize() if self.is_frozen else f"Concept {revision}".rstrip()


def read(folder: Path) -> list[Act]:
    """All acts on the edition of a year, the oldest first; folder: of that year. Raises NplvError for a line that is none."""
    path = folder / HISTORY
    try:
        return [Act(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    except FileNotFoundError:
        return []
    except (TypeError, ValueError) as error:
        raise NplvError(f"{path} cannot be read ({error}); restore it from a backup") from None


def write(folder: Path, *acts: Act) -> None:
    """Add acts to the history of a year, all or none."""
    lines = [json.dumps(asdict(act), ensure_ascii=False) + "\n" for act in [*read(folder), *acts]]
    write_atomically(folder / HISTORY, "".join(lines).encode())


def standing(acts: Sequence[Act]) -> Standing:
    """Where the newest revision stands after these acts."""
    now = Standing()
    for act in acts:
        match act.act:
            case "sluitingsdatum":
                now = replace(now, cut_off=date.fromisoformat(act.day))
            case "concept":
                now = replace(now, status="concept", cut_off=None, agreed=(), version="")
            case "afgestemd":
                now = replace(now, agreed=(*now.agreed, act.body), version=act.version)
                now = replace(now, status="concept" if now.not_agreed else "afgestemd")
            case "ter-besluitvorming" | "verzonden":
                now = replace(now, status=act.act)
            case "revisie":
                now = Standing(
                    revision=act.revision, reason=act.text, corrects_sent=now.status == "verzonden" or (now.corrects_sent and now.is_frozen)
                )
            case "opmerking" | "ingevoerd":
                pass
    return now


def today() -> date:
    """The day in the Netherlands, by which data cut-offs are kept."""
    return datetime.now(AMSTERDAM).date()


def version_of(home: Home, day: date) -> str | None:
    """The published version at the end of a day in the Netherlands, or None when nothing was published yet."""
    return current.name_on(home, datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=AMSTERDAM))


def versions_needed(home: Home) -> set[str]:
    """The published versions on which an edition rests, so that none is removed: those agreed to, those of a data cut-off, and the one before each."""
    found = set()
    for folder in home.editions.glob("[0-9]*"):
        acts = read(folder)
        now = standing(acts)
        found |= {act.version for act in acts if act.version}
        if now.cut_off and not now.version and (version := version_of(home, now.cut_off)):
            found.add(version)
    return found | {event.left for event in current.history(home) if event.version in found and event.left}


def faults(folder: Path) -> list[str]:
    """What is wrong with the files of a revision: by its seal, and with the seal of a frozen one by the history beside it; none when it is as it was made."""
    found = problems(folder)
    act = next((act for revision, act in frozen(read(folder.parent)).items() if folder.name == f"r{revision}"), None)
    if act and act.seal != sealed(folder):
        found = ["its SHA256SUMS is not the one that was frozen", *found]
    return found


def frozen(acts: Sequence[Act]) -> dict[int, Act]:
    """The acts that froze a revision, by revision; those of earlier letters, which were entered, are revision 0."""
    return {act.revision: act for act in acts if act.act in ("ter-besluitvorming", "ingevoerd")}


def sent(acts: Sequence[Act]) -> dict[int, Act]:
    """The acts by which a revision went to parliament, by revision."""
    return {act.revision: act for act in acts if act.act in ("verzonden", "ingevoerd")}


# ---------------------------------------------------------------------------------------------- what may happen next


def demand_person(who: str) -> str:
    """The name of who acts. Raises WrongCall when there is none."""
    return _line(who, "--by", "say who does this with --by NAME")


def demand_open(now: Standing, year: int) -> None:
    """Raises WrongCall when the newest revision is frozen."""
    if now.is_frozen:
        raise WrongCall(f"edition {year} r{now.revision} is {now.status}, and never touched again; a correction is `nplv edition revise {year}`")


def demand_concept(now: Standing, year: int) -> None:
    """Raises WrongCall once somebody agreed to the newest revision, or it is frozen."""
    demand_open(now, year)
    if now.agreed:
        raise WrongCall(
            f"edition {year} r{now.revision} was agreed to by {', '.join(now.agreed)}, and stays as it is; `nplv edition {year} --status concept` takes that back"
        )


def cut_off(now: Standing, year: int, day: str) -> date:
    """The day up to which data counts. Raises WrongCall for what is no day, and once somebody agreed to the figures."""
    demand_open(now, year)
    found = as_day(day, "the data cut-off")
    if now.agreed:
        raise WrongCall(f"edition {year} r{now.revision} was agreed to by {', '.join(now.agreed)}; its data cut-off does not move any more")
    return found


def agree(now: Standing, year: int, bodies: Sequence[str], today: date) -> list[str]:
    """The bodies that agree now. Raises WrongCall before the data cut-off, for who is not on the route, and for who agreed already."""
    demand_open(now, year)
    if not bodies:
        raise WrongCall(f"say who agrees with --body; to be heard: {', '.join(now.not_agreed)}")
    if now.cut_off is None or today < now.cut_off:
        until = f"is {now.cut_off}" if now.cut_off else "is not set"
        raise WrongCall(f"edition {year} changes every night until its data cut-off, which {until}: `nplv edition cutoff {year} DAY` sets it")
    for body in bodies:
        if body not in BODIES:
            raise WrongCall(f"'{body[:40]}' is not on the route; --body is one of {', '.join(BODIES)}")
        if body in now.agreed:
            raise WrongCall(f"{body} agreed to edition {year} r{now.revision} already")
    return list(dict.fromkeys(bodies))


def demand_agreed(now: Standing, year: int) -> None:
    """Raises WrongCall unless all who are on the route agreed, and nothing is frozen yet."""
    demand_open(now, year)
    if now.not_agreed:
        whom = "nobody agreed" if not now.agreed else f"not agreed: {', '.join(now.not_agreed)}"
        raise WrongCall(
            f"edition {year} r{now.revision} cannot go to the minister: {whom}; `nplv edition {year} --status afgestemd --body BODY` says who does"
        )


def take_back(now: Standing, year: int, reason: str) -> str:
    """Why what was agreed to is taken back. Raises WrongCall when nobody agreed, without a reason, and once it is frozen."""
    demand_open(now, year)
    if not now.agreed:
        raise WrongCall(f"edition {year} r{now.revision} is a concept already, and nobody agreed to it")
    return _line(reason, "--reason", "say why with --reason; it stands in the history")


def send(now: Standing, year: int, day: str, letter: str, today: date) -> tuple[date, str]:
    """When the letter was sent, and its number. Raises WrongCall out of order, without a number, and for a day to come."""
    if now.status == "verzonden":
        raise WrongCall(f"edition {year} r{now.revision} was sent already; a correction is `nplv edition revise {year}`")
    if now.status != "ter-besluitvorming":
        raise WrongCall(f"edition {year} r{now.revision} is {now.status}; it is sent after ter-besluitvorming")
    number = _line(letter, "--letter", "give the number of the letter (Kamerstuknummer) with --letter")
    found = as_day(day, "the day on which the letter was sent (--on)")
    if found > today:
        raise WrongCall(f"edition {year} cannot have been sent on {found}, which is to come")
    return found, number


def revise(now: Standing, year: int, reason: str) -> str:
    """Why a next revision is made. Raises WrongCall without a reason, and while the present one is still a concept."""
    if not now.is_frozen:
        raise WrongCall(f"edition {year} r{now.revision} is {now.status}, and is made anew every night; a revision follows on a frozen one")
    return _line(reason, "--reason", "say why with --reason; it stands in the revision")


def remark(text: str) -> str:
    """What a reviewer remarks. Raises WrongCall when it says nothing."""
    return _line(text, "the remark", "the remark is empty")


def as_day(text: str, what: str) -> date:
    """A day that somebody wrote; what: which one, for the error. Raises WrongCall when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongCall(f"{what}: '{text[:40]}' is no day; write it as 2026-09-01") from None


def _line(text: str, what: str, empty: str) -> str:
    """Text on one line, since it stands in a history of lines and on pages. Raises WrongCall when it is too long, and with `empty` when it says nothing."""
    found = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if not found:
        raise WrongCall(empty)
    if len(found) > _LONGEST:
        raise WrongCall(f"{what} has {len(found)} characters; {_LONGEST} is the most")
    return found
