"""The catalogue of what the programme does: results, themes of the grant, questions of the survey, as they stand in the `meta` of the models of programma.

Only reading and refusing belong here. Forms of deliveries, models, docs and the edition read it; a result, a theme or a question more is one entry there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nplv_orchestration.errors import NplvError

Department = Literal["VRO", "J&V", "OCW", "SZW", "VWS"]
Actielijn = Literal["fysiek", "sociaal", "veiligheid"]
_ID = Field(pattern=r"^[a-z][a-z0-9_]*$")


class _Known(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Result(_Known):
    """Something that the programme does and that is counted.

    kind: how the areas make a total: aantal is their sum, percentage that of what is counted by that of its base, gebieden how many have it; a gemiddelde and
    a number of gemeenten are delivered of the whole. sentence_nl: as the letter tells it, with {} for the number. maximum_jump: from one round to the next, in parts.
    since: the first round of this definition; it is set against no earlier one.
    """

    id: str = _ID
    name_nl: str
    definition_nl: str
    actielijn: Actielijn
    unit: str
    kind: Literal["aantal", "percentage", "gemiddelde", "gebieden", "gemeenten"]
    sentence_nl: str
    maximum_jump: float = Field(1, gt=0)
    since: int = 0
    is_large: bool = False
    """Whether its number stands on the infographic."""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.sentence_nl.count("{}") != 1 or not self.sentence_nl.endswith("."):
            raise ValueError(f"sentence_nl of {self.id} must be a sentence with one {{}} for the number")
        return self


class Theme(_Known):
    """A theme of the grant Kansrijke Wijk, with the department that pays for it."""

    id: str = _ID
    name_nl: str
    department: Department


class Question(_Known):
    """A question of the survey. scale: the lowest and highest answer; choices: what may be chosen; version: of the questionnaire that it stands in."""

    id: str = _ID
    text_nl: str
    type: Literal["schaal", "keuze", "getal", "open"]
    version: str
    is_required: bool = True
    scale: tuple[int, int] | None = None
    choices: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.scale is None) == (self.type == "schaal") or bool(self.choices) != (self.type == "keuze"):
            raise ValueError(f"question {self.id}: a schaal has a scale, a keuze has choices, and no other has either")
        return self

    @property
    def answers_nl(self) -> str:
        """What may be answered, in brackets."""
        if self.scale:
            return f"({self.scale[0]} tot en met {self.scale[1]})"
        return f"({', '.join(self.choices)})" if self.choices else "(een getal)" if self.type == "getal" else "(in eigen woorden)"


class Programme(_Known):
    """All that is known of what the programme does. ceiling: of the grant, in euro. minimum_answers: from how many areas on a survey stands for all."""

    results: tuple[Result, ...] = ()
    themes: tuple[Theme, ...] = ()
    ceiling: int = Field(0, ge=0)
    questions: tuple[Question, ...] = ()
    minimum_answers: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _once_each(self) -> Self:
        for entries in (self.results, self.themes, self.questions):
            ids = [entry.id for entry in entries]
            if twice := sorted({i for i in ids if ids.count(i) > 1}):
                raise ValueError(f"listed twice: {', '.join(twice)}")
        return self


def programme(models: Mapping[str, Mapping[str, Any]]) -> Programme:
    """The catalogue from the `meta` of the models of programma, by name. Raises NplvError, naming what is wrong in it."""
    told = {name: value for model in ("resultaten", "spuk_kansrijke_wijk", "enquete") for name, value in models.get(model, {}).items()}
    try:
        return Programme.model_validate(told)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors())
        raise NplvError(f"dbt_project/models/programma/_programma.yml: {wrong}") from None
