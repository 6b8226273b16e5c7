"""Of which programme the monitor is: its folder of configuration (`NPLV_PROGRAMME`), with its words, its choice of indicators, and the reviewed files with its areas.

What `programme.toml` in that folder must say, and how a published version tells it, so that who reads a version has its words, belongs here. What a line of
the reviewed files must be is in `sources.reviewed`, what the programme did in `programme`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nplv_orchestration.errors import WrongCall

OWN = "nplv"
"""The programme that comes with the project; a home and a version that name none are of it."""
FOLDER = Path(__file__).with_name("programmes")
"""The folder with the folder of that programme."""
FILE = "programme.toml"
ID = re.compile(r"[a-z][a-z0-9_]{0,39}")

_FACT = "programme_"  # how a published version names what it tells of this
_Name = Annotated[str, Field(pattern=r"^[^\W_][\w .,’()/+&-]{0,119}$")]
_Word = Annotated[str, Field(pattern=r"^[^\W\d_][\w ’-]{0,59}$")]
_TOLD = {
    "missing": "is not there",
    "extra_forbidden": "unknown field",
    "string_pattern_mismatch": "expected words with plain punctuation, on one line",
}
_SENTENCES = "expected sentences in plain text that end with a full stop"


class Configuration(BaseModel):
    """What a programme is called, and which indicators it has. Its id is the name of its folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    name_nl: _Name
    short_nl: _Name
    article_nl: Literal["het", "de"]
    """Of its name."""
    area_nl: _Word
    areas_nl: _Word
    """Its areas, of which sentences say 'de' and 'in de'."""
    about_nl: str = Field(pattern=r"^\s*[^\W\d_][^\r\n<>`|*_\[\]]*\.\s*$", max_length=1500)
    """What it is and since when, a few sentences at the head of the edition."""
    owner: _Name | None = None
    """Who answers for its indicators; default whom the catalogue names."""
    indicators: tuple[str, ...] | None = Field(None, min_length=1)
    """Those of the catalogue that it has; default all."""

    @property
    def monitor_nl(self) -> str:
        """What the monitor is called."""
        return f"Monitor {self.short_nl}"

    @property
    def named_nl(self) -> str:
        """Its name with the article."""
        return f"{self.article_nl} {self.name_nl}"

    def facts(self) -> dict[str, str]:
        """What a published version tells of it, by the names of facts."""
        told = self.model_dump(mode="json", exclude_none=True)
        return {f"{_FACT}{name}": value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}


def load(folder: Path) -> Configuration:
    """The programme of a folder. Raises WrongCall, naming file and field, for what is not there, unknown or wrong."""
    from nplv_orchestration.sources.registry import REGISTRY

    file = folder / FILE
    if not ID.fullmatch(folder.name):
        raise WrongCall(
            f"{folder}: the name of the folder is the id of the programme, of at most 40 small letters, digits and underscores; rename it"
        )
    for name in (FILE, *(table.path for table in REGISTRY if table.reader == "reviewed")):
        if not (folder / name).is_file():
            raise WrongCall(f"{folder / name} is not there; copy that of {FOLDER / OWN}, and change what it says")
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongCall(f"{file} is no TOML: {error}") from None
    return _valid({name: value.strip() if isinstance(value, str) else value for name, value in told.items()}, folder.name, str(file))


def of(facts: Mapping[str, str]) -> Configuration:
    """The programme of a published version, by what that tells; one of before there were others is of the one that comes with the project."""
    told: dict[str, Any] = {name.removeprefix(_FACT): value for name, value in facts.items() if name.startswith(_FACT)}
    if not told:
        return load(FOLDER / OWN)
    if "indicators" in told:
        told["indicators"] = json.loads(told["indicators"])
    return Configuration.model_validate(told)


def _valid(told: Mapping[str, Any], programme: str, where: str) -> Configuration:
    """Raises WrongCall with the first thing that is wrong, and for an unknown field with the nearest name."""
    if "id" in told:
        raise WrongCall(f"{where}, id: unknown field; the id of a programme is the name of its folder, here {programme}")
    try:
        return Configuration.model_validate({**told, "id": programme})
    except ValidationError as error:
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")  # what is not there may be there misspelt
        name = ".".join(str(part) for part in first["loc"])
        said = _SENTENCES if name == "about_nl" and first["type"] != "missing" else _TOLD.get(first["type"], first["msg"])
        near = get_close_matches(name, Configuration.model_fields, 1) if first["type"] == "extra_forbidden" else []
        raise WrongCall(f"{where}, {name}: {said}" + (f"; did you mean {near[0]}?" if near else "")) from None
