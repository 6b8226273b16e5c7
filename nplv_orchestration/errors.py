"""The errors that a user may see: one line each that says what, where, and what to do.

Only errors that a person can act on belong here; a defect in this code raises Python's own exceptions.
"""

import re
from collections.abc import Sequence


def one_line(text: str) -> str:
    """Text that may quote what a publisher sent, on one line: without line breaks, and without what a terminal takes for a command."""
    return re.sub(r"\s+|[\x00-\x1f\x7f-\x9f]+", " ", text)


def some_of(found: Sequence[str], between: str = "; ", most: int = 3) -> str:
    """The first few of what was found, and how many more there are, for an error of one line."""
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return between.join(found[:most]) + more


class NplvError(Exception):
    """Something failed; the message is one line for a person. Exit status 1."""

    exit_status = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


class WrongCall(NplvError):
    """A wrong setting or a wrong call. Exit status 2."""

    exit_status = 2


class SourceNotFound(NplvError):
    """The publisher answered, and has no such table (404)."""


class SourceUnreachable(NplvError):
    """The publisher did not answer, or not in a usable way, after retries."""


class SourceRefused(NplvError):
    """The publisher's answer is not what the registry says it should be."""


class NotConfigured(NplvError):
    """A source for which nothing is set up here: no file in the inbox, no key."""


class GateStopped(NplvError):
    """What all figures rest on did not pass its checks, so nothing is published."""


class HomeBusy(NplvError):
    """Another process writes to this home."""
