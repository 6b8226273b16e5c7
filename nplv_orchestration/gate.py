"""The gate: which marts, and which tables of what the programme did, may be published, decided from the evidence alone.

One is released when every required check of it, and of everything that it is made from, was evaluated on the content
that is there now, and passed or was waived; when each of those tables was made from what its parents hold now; and when nobody took
these figures back. Required is every check of error severity: the list follows from the models' own metadata. What all figures rest on (`meta: foundation`) stops
everything, and is never waived. Deciding belongs here; publishing does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from nplv_orchestration import lineage
from nplv_orchestration.errors import GateStopped
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.expectations import expected
from nplv_orchestration.lineage import Lineage
from nplv_orchestration.manifest import Manifest
from nplv_orchestration.waivers import Waiver


@dataclass(frozen=True)
class Required:
    """A check that must have passed on a table."""

    check: str
    node: str
    is_foundation: bool


@dataclass(frozen=True)
class Decision:
    """What the gate decides of one mart, or of a table of the programme, whose name then stands for the indicator.

    reasons: in Dutch, and empty when it is released. waived: the waivers that it needed.
    """

    indicator_id: str
    fingerprint: str
    reasons: tuple[str, ...]
    waived: tuple[Waiver, ...] = ()

    @property
    def released(self) -> bool:
        """Whether the mart may be published."""
        return not self.reasons


def required_checks(manifest: Manifest) -> dict[str, list[Required]]:
    """For each that is gated every check of error severity on it and on what it is made from, of a mart with what is expected of its figures."""
    by_node = _required_by_node(manifest)
    required = {
        name: [r for uid in sorted(manifest.ancestors(node.unique_id)) for r in by_node.get(uid, [])] for name, node in manifest.gated.items()
    }
    for indicator in manifest.indicators:
        mart = manifest.marts[indicator.indicator_id]
        required[indicator.indicator_id] += [Required(e.check, mart.relation, False) for e in expected(indicator) if e.severity == "error"]
    return required


def _required_by_node(manifest: Manifest) -> dict[str, list[Required]]:
    """The dbt tests of error severity, by the table that they judge."""
    by_node: dict[str, list[Required]] = {}
    for check in manifest.checks:
        if check.severity == "error":
            node = manifest.nodes[check.node]
            by_node.setdefault(check.node, []).append(Required(check.name, node.relation, node.is_foundation))
    return by_node


def decide(
    manifest: Manifest,
    evidence: Mapping[tuple[str, str], Evidence],
    made_from: Lineage,
    fingerprints: Mapping[str, str],
    waivers: Iterable[Waiver] = (),
    withdrawn: Mapping[tuple[str, str], str] | None = None,
    day: date = date.max,
) -> list[Decision]:
    """Release or hold each that is gated. Raises GateStopped when what all figures rest on does not hold.

    fingerprints: of every private table and of schema `raw`, as they are now. waivers: those of the file; one whose last day lies before `day` is none.
    withdrawn: figures that were taken back, by indicator and fingerprint, with the reason.
    """
    valid = {(w.check, w.indicator_id): w for w in waivers if w.until >= day}
    decisions = []
    stops: dict[str, None] = {}
    for indicator_id, required in required_checks(manifest).items():
        gated = manifest.gated[indicator_id]
        relation = gated.relation
        fingerprint = fingerprints.get(relation, "")
        reasons = [] if fingerprint else [f"{relation}: de tabel is er niet"]
        waived: list[Waiver] = []
        for node in (manifest.nodes[uid] for uid in sorted(manifest.ancestors(gated.unique_id))):
            if problem := lineage.problem(manifest, node, made_from, fingerprints):
                reasons.append(problem)
                stops |= {problem: None} if node.is_foundation else {}
        for need in required:
            found = evidence.get((need.check, need.node))
            problem = _problem(need, found, fingerprints.get(need.node))
            waiver = valid.get((need.check, indicator_id))
            if problem and waiver and not need.is_foundation and _is_judged(found, fingerprints.get(need.node)):
                waived.append(waiver)
            elif problem:
                reasons.append(problem)
                stops |= {problem: None} if need.is_foundation else {}
        if taken := (withdrawn or {}).get((indicator_id, fingerprint)):
            reasons.append(taken)
        decisions.append(Decision(indicator_id, fingerprint, tuple(reasons), tuple(dict.fromkeys(waived))))
    if stops:
        more = f" (and {len(stops) - 1} more)" if len(stops) > 1 else ""
        raise GateStopped(
            f"nothing is published: all figures rest on what does not hold: {next(iter(stops))}{more}; mend the source or the seed and run again"
        )
    return decisions


def demand_derived(manifest: Manifest, evidence: Mapping[tuple[str, str], Evidence], fingerprints: Mapping[str, str]) -> None:
    """What is made from released marts is published whole or not. Raises GateStopped when a check on it does not hold."""
    by_node = _required_by_node(manifest)
    for node in manifest.derived:
        for need in by_node.get(node.unique_id, []):
            problem = _problem(need, evidence.get((need.check, need.node)), fingerprints.get(need.node))
            if problem:
                raise GateStopped(f"nothing is published: {problem}; see the check in `nplv ui`, mend the model and run again")


def _is_judged(found: Evidence | None, fingerprint: str | None) -> bool:
    """Whether a check was evaluated on the content that is there now."""
    return found is not None and found.fingerprint == fingerprint


def _problem(need: Required, found: Evidence | None, fingerprint: str | None) -> str | None:
    where = f"controle {need.check} op {need.node}"
    if found is None:
        return f"{where} is niet uitgevoerd"
    if not _is_judged(found, fingerprint):
        return f"{where} is uitgevoerd op andere inhoud"
    return None if found.outcome == "passed" else f"{where} is niet geslaagd"
