"""SARIF, checked against its schema."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reports import BROKEN, ENV, FOUND, JOB, report, span

from dtlint.diagnostic import Blocked, Diagnostic, Severity
from dtlint.outcome import Report, Suppressed
from dtlint.report import View, render
from dtlint.source import Span

SCHEMA = json.loads((Path(__file__).parent / "resources/sarif-2.1.0-rtm.4.json").read_text(encoding="utf-8"))
# The final standard demands that a region says where it starts; the draft does not.
SCHEMA["definitions"]["region"]["anyOf"] = [{"required": ["startLine"]}, {"required": ["charOffset"]}]

BLOCKED = Blocked("procs-exceed-gpus", span("job.sbatch", JOB, "torchrun"), ("$PROCS",))
SUPPRESSED = (
    Suppressed(FOUND, "shared node", span("env.sh", ENV, "# how many")),
    Suppressed(replace(FOUND, fix=None), "in the baseline"),
)


def run(found: Report, **options: Any) -> dict[str, Any]:
    """The run of a log that fits the schema."""
    log = json.loads(render("sarif", View(found, **options)))
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    (only,) = log["runs"]
    return only  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "found",
    [
        report(),
        report(FOUND),
        report(FOUND, FOUND, suppressed=SUPPRESSED, problems=(BROKEN,), blocked=(BLOCKED,)),
        report(Diagnostic("unknown", Severity.NOTE, "%d {0} \ud800 \x00", Span("a b/ü#?.sh", 0, 99))),
    ],
)
def test_every_report_fits_the_schema(found: Report) -> None:
    run(found, lowest=Severity.NOTE, undecided=True)


def test_the_schema_would_notice() -> None:
    log = json.loads(render("sarif", View(report(FOUND))))
    del log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"]
    assert not jsonschema.Draft4Validator(SCHEMA).is_valid(log)


def test_places_count_from_one_in_code_points() -> None:
    text = "\n# 模型 😀 torchrun"
    at = Span("a.sh", text.index("torchrun"), len(text))
    only = run(report(replace(FOUND, at=at, because=()), texts={"a.sh": text, "env.sh": ENV}))
    (location,) = only["results"][0]["locations"]
    region = {"startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 16}
    assert only["columnKind"] == "unicodeCodePoints"
    assert location["physicalLocation"]["region"] == region


def test_paths_are_relative_to_the_workspace() -> None:
    only = run(report(replace(FOUND, at=Span("a dir/ü#1.sh", 0, 0))))
    artifact = only["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "a%20dir/%C3%BC%231.sh", "uriBaseId": "SRCROOT"}
    assert only["originalUriBaseIds"] == {"SRCROOT": {"uri": "file:///work%20space/job/"}}


def test_what_led_to_it_is_related() -> None:
    (result,) = run(report(FOUND))["results"]
    related = result["relatedLocations"]
    assert [entry["message"]["text"] for entry in related] == ["PROCS=8", "--gpus-per-node=4"]
    assert related[0]["physicalLocation"]["artifactLocation"]["uri"] == "env.sh"
    assert related[0]["physicalLocation"]["region"]["startLine"] == 2


def test_the_fix_says_what_to_replace() -> None:
    (fix,) = run(report(FOUND))["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 14, "endLine": 2, "endColumn": 15},
            "insertedContent": {"text": "4"},
        }
    ]


def test_rules_carry_their_help() -> None:
    only = run(report(FOUND, problems=(BROKEN,)))
    rules = only["tool"]["driver"]["rules"]
    assert [rules[result["ruleIndex"]]["id"] for result in only["results"]] == [r["ruleId"] for r in only["results"]]
    described = next(rule for rule in rules if rule["id"] == "procs-exceed-gpus")
    assert "find **none** of their own" in described["help"]["markdown"]
    assert described["deprecatedIds"] == ["too-many-procs"]


def test_suppressed_findings_say_by_what() -> None:
    results = run(report(suppressed=SUPPRESSED))["results"]
    kinds = [[(s["kind"], s["justification"]) for s in result["suppressions"]] for result in results]
    assert kinds == [[("inSource", "shared node")], [("external", "in the baseline")]]


def test_undecided_rules_are_open() -> None:
    assert run(report(blocked=(BLOCKED,)))["results"] == []
    (result,) = run(report(blocked=(BLOCKED,)), undecided=True)["results"]
    assert (result["kind"], result["level"]) == ("open", "none")


def test_fingerprints_outlive_edits_elsewhere() -> None:
    def fingerprint(text: str) -> str:
        at = Span("job.sbatch", text.index("--nproc"), text.index(" train.py"))
        found = report(replace(FOUND, at=at, because=(), fix=None), texts={"job.sbatch": text})
        return run(found)["results"][0]["partialFingerprints"]["dtlint/v1"]  # type: ignore[no-any-return]

    assert fingerprint(JOB) == fingerprint("# new first line\n" + JOB.replace("srun ", "    srun "))
    assert fingerprint(JOB) != fingerprint(JOB.replace("$PROCS", "8"))


def test_equal_lines_have_different_fingerprints() -> None:
    text = "torchrun a\ntorchrun a\n"
    first, second = (replace(FOUND, at=Span("a.sh", at, at + 8), because=(), fix=None) for at in (0, 11))
    results = run(report(first, second, texts={"a.sh": text}))["results"]
    assert len({result["partialFingerprints"]["dtlint/v1"] for result in results}) == 2
