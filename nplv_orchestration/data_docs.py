"""The Data Docs of Great Expectations: pages about what was expected of each mart and what was found, for who mends a mart.

As they come, these pages load scripts and styles from six places elsewhere, and their index is empty without. Figures of areas stand
in them, so here they run no script and ask nothing of anybody, are styled by themselves, and have an index of our own.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext

_SITE = "controles"
_HEAD = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 16px/1.5 sans-serif; max-width: 70em; margin: 1.5em auto; padding: 0 1em; color: #1a1a1a }
table { border-collapse: collapse; margin: .5em 0 1em } th, td { border: 1px solid #999; padding: .3em .6em; text-align: left; vertical-align: top }
footer, .navbar-brand, #ge-cta-footer, [id$=Actions], .custom-control { display: none }
.fa-check-circle::after { content: "geslaagd" } .fa-times::after { content: "niet geslaagd"; font-weight: bold }
.fa-exclamation-triangle::after { content: "waarschuwing" } .badge { font-weight: bold }
</style>
"""
_SUITE = re.compile(r'<a[^>]*href="[^"]*/expectations/[^"]*"[^>]*>(.*?)</a>', re.DOTALL)  # a page that repeats what its results say


def keep_results(context: EphemeralDataContext, docs: Path, marts: Sequence[str]) -> None:
    """Let results be kept beside the pages, so that a run which judges a few marts keeps the pages of the others; earlier results of these marts go."""
    for mart in marts:
        shutil.rmtree(_results(docs) / mart, ignore_errors=True)
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(_results(docs))}
    context.add_store("validation_results_store", {"class_name": "ValidationResultsStore", "store_backend": backend})  # type: ignore[typeddict-item]


def write(context: EphemeralDataContext, docs: Path) -> None:
    """The pages of all results that are kept, in place of those that were there."""
    site = {
        "class_name": "SiteBuilder",
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(docs)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    shutil.rmtree(docs, ignore_errors=True)
    context.add_data_docs_site(_SITE, site)  # type: ignore[arg-type]
    context.build_data_docs(site_names=[_SITE], build_index=False)
    for unused in ("static", "expectations"):
        shutil.rmtree(docs / unused, ignore_errors=True)
    for page in docs.rglob("*.html"):
        text = _SUITE.sub(r"\1", page.read_text(encoding="utf-8"))
        page.write_text(text.replace("<head>", f"<head>{_HEAD}", 1), encoding="utf-8")
    (docs / "index.html").write_text(_index(docs), encoding="utf-8")


def _results(docs: Path) -> Path:
    return docs.with_name("results")


def _index(docs: Path) -> str:
    """A line for each mart: how many expectations it met, when, and its page."""
    lines = []
    for result in sorted(_results(docs).rglob("*.json")):
        told = json.loads(result.read_text(encoding="utf-8"))
        counted, moment = told["statistics"], told["meta"]["run_id"]["run_time"][:16].replace("T", " ")
        mart, page = result.relative_to(_results(docs)).parts[0], Path("validations") / result.relative_to(_results(docs)).with_suffix(".html")
        met = f"{counted['successful_expectations']} van {counted['evaluated_expectations']}"
        wrong = ", ".join(one["expectation_config"]["kwargs"]["column"] for one in told["results"] if not one["success"]) or "geen"
        cells = f"<td>{escape(met)}</td><td>{escape(wrong)}</td><td>{escape(moment)}</td>"
        lines.append(f'<tr><td><a href="{escape(page.as_posix())}">{escape(mart)}</a></td>{cells}</tr>')
    head = "<tr><th>Mart</th><th>Voldaan</th><th>Niet voldaan</th><th>Beoordeeld (UTC)</th></tr>"
    return (
        f'<!doctype html><html lang="nl"><head>{_HEAD}<meta charset="utf-8"><title>Verwachtingen</title></head><body><h1>Wat van de cijfers verwacht werd</h1>'
        "<p>Intern: deze bladzijden bevatten cijfers van gebieden. Een mart wordt opnieuw beoordeeld wanneer haar inhoud verandert.</p>"
        f"<table>{head}{''.join(lines)}</table></body></html>\n"
    )
