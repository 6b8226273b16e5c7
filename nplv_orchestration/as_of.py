"""Which published version is meant: the current one, one by its name, that of an edition, or that of a day.

Reading it is in `published`, what makes a version current in `current`.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from nplv_orchestration import current
from nplv_orchestration.edition import life
from nplv_orchestration.edition.difference import provenance_of
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.published import Part, connect
from nplv_orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def database(settings: Settings, part: Part, as_of: str | None = None) -> Path:
    """The database of a version. as_of: which one, as `version_folder` reads it; default the current one. Raises NplvError when nothing was published yet."""
    path = version_folder(settings, as_of) / part / "nplv.duckdb"
    if not path.exists():
        raise NplvError(f"{Home.of(settings).root} holds no published version; run `nplv run` first")
    if strange := sorted(path.parent.glob(f"{path.name}?*")):  # DuckDB would take what is in it for changes
        raise NplvError(f"{strange[0]} was put beside a published database; `nplv verify` tells what else, then remove it")
    return path


def version_folder(settings: Settings, as_of: str | None = None) -> Path:
    """The folder of a version. as_of: its name or how that begins, an edition (2025, or 2025/r1), or a day (2025-12-01), at the end of which it was current.

    Raises WrongCall, saying what there is, for what is none of these, and for a version that is not kept.
    """
    home = Home.of(settings)
    if as_of is None:
        return home.current.resolve()
    name = _named(home, as_of)
    if not (home.published / name).is_dir():
        raise WrongCall(f"'{as_of}' is version {name}, which is no longer kept; `nplv rollback` lists those that are")
    return home.published / name


def _named(home: Home, as_of: str) -> str:
    """The name of the version that is meant."""
    if re.fullmatch(r"\d{4}(/r\d{1,4})?", as_of):
        year, _, revision = as_of.partition("/")
        edition = home.editions / year / (revision or "current")
        if not (edition / "provenance.json").exists():
            raise WrongCall(f"there is no edition {as_of}; there are {', '.join(_editions(home)) or 'none'}")
        version = provenance_of(edition).get("published_version", {}).get("version")
        if not version:
            raise WrongCall(f"edition {as_of} was entered from an earlier letter, and rests on no published version")
        return str(version)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", as_of):
        try:
            day = date.fromisoformat(as_of)
        except ValueError:
            raise WrongCall(f"'{as_of}' is no day") from None
        if not (name := life.version_of(home, day)):
            events = current.history(home)
            raise WrongCall(f"nothing was published yet on {as_of}" + (f"; the first version is of {events[0].at[:10]}" if events else ""))
        return name
    found = [version.name for version in current.versions(home) if as_of and version.name.startswith(as_of)]
    if len(found) != 1:
        what = f"{len(found)} versions begin with" if found else "no version, edition or day is called"
        raise WrongCall(f"{what} '{as_of[:60]}'; give a version (`nplv rollback` lists them), an edition (2025, 2025/r1) or a day (2025-12-01)")
    return found[0]


def _editions(home: Home) -> list[str]:
    return [f"{path.parent.parent.name}/{path.parent.name}" for path in sorted(home.editions.glob("*/r*/provenance.json"))]


def open_published(as_of: str | None = None, *, part: Part = "intern", home: Path | str | None = None) -> DuckDBPyConnection:
    """A connection to a published version that changes nothing, and is in nobody's way. Tables are found without their schema, too.

    as_of: a version, an edition or a day (see `version_folder`); default the current version, which stays the same one for as long as the connection is open.
    part: intern, with the areas, or openbaar. home: default NPLV_HOME. Raises NplvError when there is no such version.
    """
    settings = load_settings()
    if home is not None:
        settings = settings.model_copy(update={"home": Path(home)})
    return connect(database(settings, part, as_of))
