"""What the demo country's departments and programme offices deliver: results, milestones, the grant and a survey, of two rounds. All of it is invented."""

from __future__ import annotations

from collections.abc import Iterator

from nplv_orchestration.demo.chance import uniform
from nplv_orchestration.demo.country import Country
from nplv_orchestration.sources.declared import ENQUETE, MIJLPALEN, RESULTATEN, SPUK
from nplv_orchestration.sources.forms import Form

Row = tuple[object, ...]
ROUNDS = (2024, 2025)
_ANSWERING = {2024: 14, 2025: 18}  # of twenty areas


def sheets(country: Country) -> dict[str, tuple[Form, list[Row]]]:
    """Each delivery by its file name: the form, and its rows under the heads of that."""
    found: dict[str, tuple[Form, list[Row]]] = {}
    for year in ROUNDS:
        found[f"resultaten_{year}.xlsx"] = (RESULTATEN, list(_results(country, year)))
        found[f"spuk_{year}.xlsx"] = (SPUK, list(_grant(country, year)))
        found[f"enquete_{year}.xlsx"] = (ENQUETE, list(_survey(country, year)))
    found["mijlpalen_2025.xlsx"] = (MIJLPALEN, list(_milestones()))
    return found


def wrong(country: Country) -> dict[str, tuple[Form, list[Row]]]:
    """A delivery of each kind that is refused, as people send them: a name in place of a code, a day in words, points in a number, an answer off the scale."""
    area = country.areas[0]
    window = ("2022-01-01", "2024-12-31", "cumulatief")
    result = (
        2025,
        "VRO",
        "woningen_gestart",
        "Woningbouwimpuls",
        *window,
        area.name,
        "gerealiseerd",
        412,
        "",
        "woningen",
        "2024-12-31",
        "geteld",
        "",
        "verzonnen contact",
    )
    milestone = (2025, "VWS", "verkenning", "sociaal", "Gezondheid in de wijk", "VWS", "gestart", "1 mei 2024", "", "", "verzonnen contact")
    grant = (2025, "gebied", area.area_id, "leefbaarheid", 2023, "verleend", "1.250.000", "", "verzonnen contact")
    answer = (2025, "1", area.area_id, "voortgang", "goed", "", "")
    return {f"{form.kind}_fout.xlsx": (form, [row]) for form, row in ((RESULTATEN, result), (MIJLPALEN, milestone), (SPUK, grant), (ENQUETE, answer))}


def _amount(what: str, number: int, low: int, high: int) -> int:
    return low + int((high - low) * float(uniform("programma", what, number)[0]))


def _results(country: Country, year: int) -> Iterator[Row]:
    """Most results by area, the others of all together; a round counts a year more than the one before it."""
    until, grown = f"{year - 1}-12-31", 1 if year == ROUNDS[0] else 1.4

    def row(
        department: str, result: str, scheme: str, area: str, state: str, value: object, unit: str, base: object = "", quality: str = "geteld"
    ) -> Row:
        return (
            year, department, result, scheme, "2022-01-01", until, "cumulatief", area, state, value, base, unit, until, quality, "", "verzonnen contact",
        )  # fmt: skip

    for number, area in enumerate(country.areas):
        code = area.area_id
        homes = int(grown * _amount("woningen", number, 200, 800))
        yield row("VRO", "woningen_gestart", "Woningbouwimpuls", code, "gepland", round(homes * 1.1), "woningen")
        yield row("VRO", "woningen_gestart", "Woningbouwimpuls", code, "gerealiseerd", homes, "woningen")
        helped = int(grown * _amount("energie", number, 500, 2500))
        yield row("VRO", "huishoudens_energie", "Nationaal Isolatieprogramma", code, "gerealiseerd", helped, "huishoudens")
        children = int(grown * _amount("kinderen", number, 1000, 3000))
        yield row("OCW", "kinderen_leertijd", "School en omgeving", code, "gerealiseerd", children, "kinderen")
        eligible = _amount("peuters", number, 300, 600)
        yield row(
            "OCW",
            "voorschoolse_educatie",
            "Gemeentelijk onderwijsachterstandenbeleid",
            code,
            "gerealiseerd",
            int(0.7 * eligible),
            "kinderen",
            eligible,
        )
        yield row("J&V", "gebieden_preventie_met_gezag", "Preventie met Gezag", code, "gerealiseerd", 1, "gebieden")
        yield row("J&V", "gebieden_moeilijk_bereikbaar", "Weerbare gemeenschappen", code, "gerealiseerd", int(number % 10 < 7), "gebieden")
    yield row("VRO", "woningen_verbeterd", "Volkshuisvestingsfonds", "totaal", "gerealiseerd", int(grown * 4200), "woningen", quality="geschat")
    yield row("OCW", "uren_leertijd", "School en omgeving", "totaal", "gerealiseerd", 7.8, "uur per week", quality="geschat")
    yield row("VRO", "gemeenten_wijkwijzer", "WijkWijzer", "totaal", "gerealiseerd", 10, "gemeenten")


def _milestones() -> Iterator[Row]:
    told = (
        ("J&V", "knelpunt in wetgeving", "veiligheid", "Gegevens delen", "J&V", "opgelost", "2025-03-01", "Het knelpunt bij het delen van gegevens is opgelost.", "verzonnen akkoord"),
        ("VWS", "verkenning", "sociaal", "Gezondheid in de wijk", "VWS", "gestart", "2024-05-01", "Er is een verkenning gestart naar gezondheid in de wijk.", "verzonnen akkoord"),
        ("J&V", "verkenning", "veiligheid", "Afgepakt vermogen", "J&V", "in onderzoek", "2024-09-01", "", ""),
        ("VRO", "interventie", "fysiek", "Aanpak malafide glazenwassers", "VRO", "gestart", "2024-02-01", "De landelijke aanpak van malafide glazenwassers is gestart.", "verzonnen akkoord"),
    )  # fmt: skip
    for department, kind, line, what, who, state, day, sentence, approved in told:
        yield (2025, department, kind, line, what, who, state, day, sentence, approved, "verzonnen contact")


def _grant(country: Country, year: int) -> Iterator[Row]:
    """What each area applied for and was granted in 2023, and spent since; cities account for it."""
    from nplv_orchestration.manifest import load_manifest

    for theme in load_manifest().programme.themes:
        for number, area in enumerate(country.areas):
            granted = 1000 * _amount(f"spuk {theme.id}", number, 900, 2500)
            for item, amount in (("aangevraagd", round(granted * 1.05)), ("verleend", granted), ("bevoorschot", round(granted * 0.8))):
                yield (year, "gebied", area.area_id, theme.id, 2023, item, amount, "", "verzonnen contact")
            yield (
                year,
                "gebied",
                area.area_id,
                theme.id,
                2023,
                "besteed",
                round(granted * (0.2 if year == ROUNDS[0] else 0.5)),
                "",
                "verzonnen contact",
            )


def _survey(country: Country, year: int) -> Iterator[Row]:
    for number, area in enumerate(country.areas):
        if number * 20 >= _ANSWERING[year] * len(country.areas):
            continue
        chance = float(uniform("enquete", year, number)[0])
        answers = (
            ("voortgang", 2 + int(3.9 * chance), "", ""),
            ("samenwerking", 3 + int(2.9 * chance), "", ""),
            ("capaciteit", "voldoende" if chance > 0.6 else "krap" if chance > 0.2 else "onvoldoende", "", ""),
            ("medewerkers", 4 + int(8 * chance), "", ""),
            ("knelpunt", "Het kost veel tijd om gegevens te mogen delen.", *(("Gegevens delen kost te veel tijd.", "verzonnen akkoord") if number == 3 else ("", ""))),
        )  # fmt: skip
        for question, answer, quote, approved in answers:
            yield (year, "1", area.area_id, question, answer, quote, approved)
