"""The rehearsal: asks each publisher what its table is, and holds that against the registry, without keeping anything.

The first thing to run where the publishers can be reached. Pulling is in `refresh`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from nplv_orchestration.errors import NotConfigured, SourceNotFound, SourceRefused, SourceUnreachable
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import eponline, files, statline_v3, statline_v4
from nplv_orchestration.sources.contract import Description, Difference, line_of
from nplv_orchestration.sources.http import SIDE_BY_SIDE, Http
from nplv_orchestration.sources.registry import SourceTable


@dataclass
class Finding:
    """What was found of one table. problems: each with the line or the setting to change; skipped: why it was not asked about."""

    table: SourceTable
    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    skipped: str = ""


def check(tables: Iterable[SourceTable], settings: Settings, http: Http) -> Iterator[Finding]:
    """What each publisher says of its table, in the order given; asked side by side."""
    with TemporaryDirectory(prefix="nplv-check-") as scratch, ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield from pool.map(lambda table: _check(table, settings, http, Path(scratch) / table.key), tables)


def _check(table: SourceTable, settings: Settings, http: Http, scratch: Path) -> Finding:
    found = Finding(table)
    setting, entry = f"NPLV_{table.setting.upper()}", "path=" if table.path else f'"{table.table_id}"'
    try:
        description = _describe(table, settings, http, scratch)
    except NotConfigured as absent:
        found.skipped = str(absent)
    except SourceNotFound as error:
        found.problems.append(f"{error}; see {line_of(table, entry)} or {setting}")
    except SourceUnreachable as error:
        found.problems.append(f"{error}; see {setting}, and HTTPS_PROXY where there is a proxy")
    except SourceRefused as error:
        found.problems.append(f"{error}; see {f'NPLV_EPONLINE_API_KEY and {setting}' if table.reader == 'eponline' else line_of(table, entry)}")
    else:
        found.facts = _facts(description)
        differences = list(description.differences)
        if description.licence and description.licence != table.licence:
            differences.append(Difference(f"licence {description.licence}, the registry says {table.licence}", "licence"))
        found.problems += [f"{d.what}; see {line_of(table, d.entry)}" for d in differences]
    finally:
        scratch.unlink(missing_ok=True)
    return found


def _describe(table: SourceTable, settings: Settings, http: Http, scratch: Path) -> Description:
    match table.reader:
        case "statline_v4":
            return statline_v4.describe(table, statline_v4.ask(table, settings.base(table.setting), http), http)
        case "statline_v3":
            return statline_v3.describe(table, statline_v3.ask(table, settings.base(table.setting), http), http)
        case "leefbaarometer" | "addresses":
            return files.describe(table, files.ask(table, settings.base(table.setting), http, None, scratch))
        case "eponline":
            if settings.eponline_api_key is None:
                raise NotConfigured("no NPLV_EPONLINE_API_KEY; its total file can be put into the inbox")
            name, _ = eponline.newest(settings.base(table.setting), settings.eponline_api_key.get_secret_value(), http)
            return Description(table, modified=name)
        case "reviewed":
            raise NotConfigured("kept with the monitor itself")
        case "form":
            raise NotConfigured("delivered by people, see `nplv inbox`")


def _facts(description: Description) -> list[str]:
    table = description.table
    facts = [f"changed {description.modified}" if description.modified else ""]
    facts.append(f"year {table.period}" if table.period else "")
    facts.append(f"boundaries {table.boundary_year}" if table.boundary_year else "")
    facts.append(f"{len(description.columns)} of {len(table.measures)} measures" if table.measures else "")
    facts.append(f"{description.rows:,} rows" if description.rows is not None else "")
    facts.append(f"licence {description.licence}" if description.licence else "")
    return [fact for fact in facts if fact]
