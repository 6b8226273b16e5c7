"""What Dagster loads, and nothing else: `defs`, or, with more programmes in one deployment, the id of one (`attribute: nprz`), of which runs then are on any worker."""

from dagster import Definitions

from nplv_orchestration.build import build_definitions
from nplv_orchestration.configuration import ID

_OF_SETTINGS = "defs"


def __getattr__(name: str) -> Definitions:
    """The definitions of the programme of the settings, or of this id, made when they are asked for: a worker has no programme before it gets a run."""
    if not ID.fullmatch(name):
        raise AttributeError(name)
    made = build_definitions(programme=None if name == _OF_SETTINGS else name)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    """What Dagster finds where no attribute is named."""
    return [*globals(), _OF_SETTINGS]
