"""Builds the site with Sphinx, in one step: a folder that is whole or not there.

What the pages say is in `pages` and `texts/`. A link that leads nowhere, or a page that nothing leads to, fails the build.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from nplv_orchestration.errors import NplvError, WrongCall, one_line
from nplv_orchestration.home import exchange
from nplv_orchestration.manifest import Manifest
from nplv_orchestration.site.pages import pages
from nplv_orchestration.site.read import TEXTS, read

_HERE = Path(__file__).parent
_MARK = ".nplv-site"  # a folder that this made, and may make again
_NAME = "{name_nl}"  # where a text has the name of the programme
_LOOK = {
    "footer_start": [], "footer_end": [], "secondary_sidebar_items": ["page-toc"], "search_bar_text": "Zoek in deze pagina's …",
    "navbar_end": ["theme-switcher"], "show_prev_next": False, "back_to_top_button": False, "navbar_align": "left", "header_links_before_dropdown": 5, "header_dropdown_text": "Meer",
}  # fmt: skip
_CONF = {
    "language": "nl",
    "extensions": ["myst_parser"],
    "myst_enable_extensions": ["colon_fence"],
    "locale_dirs": ["locale"],
    "html_theme": "pydata_sphinx_theme",
    "html_static_path": ["static"],
    "html_css_files": ["site.css"],
    "html_show_search_summary": False,  # the summaries of what was found are fetched, which a folder without a server cannot
    "html_show_sourcelink": False,
    "html_copy_source": False,
    "html_show_sphinx": False,
    "html_context": {"default_mode": "light"},
    "html_use_index": False,
    "nitpicky": True,
}  # fmt: skip


def build(database: Path, manifest: Manifest, out: Path) -> int:
    """Build the site from a public database into a folder; gives the number of pages.

    Raises WrongCall when the folder holds something else, NplvError when Sphinx is not installed or finds something wrong.
    """
    if out.exists() and any(out.iterdir() if out.is_dir() else [out]) and not (out / _MARK).exists():
        raise WrongCall(f"{out} holds something else than a site; give a folder that is empty or not there")
    try:
        from sphinx.application import Sphinx
        from sphinx.errors import SphinxError
        from sphinx.util.console import nocolor
        from sphinx.util.docutils import docutils_namespace, patch_docutils
    except ImportError:
        raise NplvError("Sphinx is not installed: install it with `pip install 'nplv-orchestration[site]'`") from None
    known = read(database, manifest)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".site-") as name:
        work = Path(name)
        source, made = work / "source", work / "made"
        shutil.copytree(TEXTS, source)
        for told in source.glob("*.md"):
            told.write_text(told.read_text(encoding="utf-8").replace(_NAME, known.programme.name_nl), encoding="utf-8")
        shutil.copytree(_HERE / "locale", source / "locale")
        (source / "static").mkdir()
        shutil.copy(_HERE / "site.css", source / "static")
        for page, text in pages(known).items():
            (source / page).parent.mkdir(exist_ok=True)
            (source / page).write_text(text, encoding="utf-8")
        alone: dict[str, list[str]] = {path.stem: [] for path in source.glob("*.md")}  # what has no pages below it has nothing to show beside it
        complaints = io.StringIO()
        nocolor()
        try:
            with patch_docutils(), docutils_namespace():
                settings = _CONF | _named(known.programme.monitor_nl) | {"html_sidebars": alone}
                app = Sphinx(str(source), None, str(made), str(work / "doctrees"), "html", confoverrides=settings, status=None, warning=complaints)
                app.build()
        except SphinxError as error:
            raise NplvError(f"the site could not be built: {one_line(str(error))[:300]}") from None
        if found := complaints.getvalue().strip():
            raise NplvError(f"the site was not built, as its pages are not in order: {one_line(found)[:300]}")
        for rest in (".buildinfo", "objects.inv", "_static/webpack-macros.html"):
            (made / rest).unlink(missing_ok=True)
        (made / _MARK).write_text(f"{known.facts['version']}\n", encoding="utf-8")
        if out.exists():
            _take_place(made, out)
        else:
            made.rename(out)
        return len(list(out.rglob("*.html")))


def _named(name: str) -> dict[str, object]:
    """What Sphinx must know to call the site so."""
    return {"project": name, "html_title": name, "html_theme_options": {**_LOOK, "logo": {"text": name}}}


def _take_place(made: Path, out: Path) -> None:
    """Put a new site in place of the old one; the name is never without a folder."""
    beside = out.with_name(f".new-{out.name}")
    made.rename(beside)
    exchange(beside, out)
    shutil.rmtree(beside)
