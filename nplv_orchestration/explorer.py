"""The explorer: a marimo notebook for analysts over the internal published version. `nplv explore` serves it as an app.

Widgets and how they hang together belong here; what they show is in `exploring` and `exploring_page`.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Intern: verkenner van de monitor")


@app.cell
def _():
    import os
    from html import escape

    import marimo as mo

    from nplv_orchestration import exploring, exploring_page
    from nplv_orchestration.as_of import database
    from nplv_orchestration.errors import NplvError
    from nplv_orchestration.exploring_server import AS_OF
    from nplv_orchestration.settings import load_settings

    return AS_OF, NplvError, database, escape, exploring, exploring_page, load_settings, mo, os


@app.cell
def _(AS_OF, NplvError, database, exploring, exploring_page, load_settings, mo, os):
    # the version of this page: the one that was current when it was opened, unless another is asked for
    refused = ""
    try:
        version = exploring.read(database(load_settings(), "intern", mo.cli_args().get("as-of") or os.environ.get(AS_OF) or None))
    except NplvError as error:
        version, refused = None, str(error)
    style = mo.Html(f"<style>{exploring_page.STYLE}</style>")
    mo.stop(version is None, mo.vstack([style, mo.Html(exploring_page.refusal(refused))]))
    mo.vstack(
        [
            style,
            mo.Html(
                f'<div class="nplv">{exploring_page.banner(version)}<h1>{exploring_page.title(version)}</h1>'
                "<p>Kies een indicator en waarmee die wordt vergeleken. De grafiek, de tabel en het bestand tonen steeds dezelfde cijfers.</p></div>"
            ),
        ]
    )
    return (version,)


@app.cell
def _(mo, version):
    indicator = mo.ui.dropdown(
        {f"{row['number']}. {row['name_nl']}": row["indicator_id"] for row in version.indicators},
        value=f"{version.indicators[0]['number']}. {version.indicators[0]['name_nl']}",
        label="Indicator",
        full_width=True,
    )
    indicator
    return (indicator,)


@app.cell
def _(exploring, indicator, mo, version):
    listed = exploring.series(version, indicator.value)
    of_series = mo.ui.dropdown(listed, value=next(iter(listed)), label="Reeks")
    of_series if len(listed) > 1 else None
    return (of_series,)


@app.cell
def _(escape, exploring, mo, version):
    # checkboxes rather than one list that unfolds: each has its own name, and all are there for the keyboard
    comparators = mo.ui.dictionary({level: mo.ui.checkbox(level == "nederland", label=name) for level, name in exploring.COMPARATORS.items()})
    areas = mo.ui.dictionary({code: mo.ui.checkbox(label=escape(name)) for code, name in version.areas.items()})
    mo.Html(
        '<div class="nplv"><fieldset class="nplv-choices"><legend>Vergelijk met</legend><div>'
        + "".join(one.text for one in comparators.elements.values())
        + '</div></fieldset><fieldset class="nplv-choices"><legend>Gebieden</legend><div>'
        + "".join(one.text for one in areas.elements.values())
        + "</div></fieldset></div>"
    )
    return areas, comparators


@app.cell
def _(areas, comparators, exploring, indicator, of_series, version):
    geos = [exploring.TOTAL, *(geo for geo, is_on in (comparators.value | areas.value).items() if is_on)]
    rows = exploring.chosen(version, indicator.value, geos, of_series.value)
    return geos, rows


@app.cell
def _(escape, exploring, exploring_page, indicator, mo, of_series, rows, version):
    file_name, content = exploring.download(version, indicator.value, rows)
    mo.vstack(
        [
            mo.Html(
                f'<div class="nplv"><h2>{escape(version.indicator(indicator.value)["name_nl"])}</h2>'
                f"{exploring_page.big_chart(version, indicator.value, rows)}{exploring_page.figures(version, indicator.value, rows)}</div>"
            ),
            mo.download(data=content, filename=file_name, mimetype="text/csv", label="Deze cijfers als csv, intern"),
            mo.Html(f'<div class="nplv">{exploring_page.about(version, indicator.value, of_series.value)}</div>'),
        ]
    )
    return


@app.cell
def _(exploring, geos, mo, rows, version):
    point_geo = mo.ui.dropdown({version.geo_name(geo): geo for geo in geos}, value=version.geo_name(geos[0]), label="Van")
    measured = [str(year) for year in exploring.years(rows)]
    known = [str(row["year"]) for row in rows if row["geo"] == geos[0] and row["value"] is not None]
    point_year = mo.ui.dropdown(measured, value=(known or measured)[-1], label="Jaar")
    mo.vstack(
        [mo.Html('<div class="nplv"><h2>Hoe een cijfer tot stand kwam</h2></div>'), mo.hstack([point_geo, point_year], justify="start", wrap=True)]
    )
    return point_geo, point_year


@app.cell
def _(NplvError, escape, exploring, exploring_page, mo, point_geo, point_year, rows, version):
    point = next((row for row in rows if row["geo"] == point_geo.value and str(row["year"]) == point_year.value), None)
    try:
        shown = exploring_page.arithmetic(version, exploring.taken_apart(version, point)) if point else "<p>In dit jaar is hiervan niets gemeten.</p>"
    except NplvError as error:
        shown = f"<p>{escape(str(error))}</p>"
    mo.Html(f'<div class="nplv">{shown}</div>')
    return


@app.cell
def _(exploring_page, mo, version):
    mo.Html(f'<div class="nplv"><h2>Alle indicatoren: de gebieden samen naast Nederland</h2>{exploring_page.many(version)}</div>')
    return


if __name__ == "__main__":
    app.run()
