"""The reports for scripts and CI systems."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

from reports import BROKEN, FOUND, report

from dtlint.diagnostic import Blocked, Severity
from dtlint.outcome import Suppressed
from dtlint.report import View, render
from dtlint.source import Span

HOSTILE = replace(FOUND, message="100% <&>\n::error::,\x1b]\x00", at=Span("a:b,c%.sh", 0, 0), because=(), help="")


def test_json_says_everything() -> None:
    view = View(report(FOUND, suppressed=(Suppressed(FOUND, "known"),)), statistics=True)
    content = json.loads(render("json", view))
    (finding,) = content["findings"]
    assert finding["at"] == {"path": "job.sbatch", "line": 6, "column": 15, "end_line": 6, "end_column": 38}
    assert [cause["at"]["path"] for cause in finding["because"]] == ["env.sh", "job.sbatch"]
    assert finding["fix"]["edits"][0]["text"] == "4"
    assert content["suppressed"][0]["reason"] == "known"
    assert content["statistics"] == {"files": 2, "seconds": 0.25}
    assert "undecided" not in content


def test_json_names_what_is_undecided_when_asked() -> None:
    blocked = Blocked("procs-exceed-gpus", FOUND.at, ("$PROCS",))
    content = json.loads(render("json", View(report(blocked=(blocked,)), undecided=True)))
    assert content["undecided"][0]["unknown"] == ["$PROCS"]


def test_github_commands_point_at_the_range() -> None:
    assert render("github", View(report(FOUND))) == (
        "::error file=job.sbatch,line=6,col=15,endLine=6,endColumn=38,title=dtlint%3A procs-exceed-gpus::"
        "8 processes on each node, but it has 4 GPUs%0A"
        "because: PROCS=8 (env.sh:2)%0Abecause: --gpus-per-node=4 (job.sbatch:3)%0A"
        "help: start 4 processes per node\n"
    )


def test_github_commands_are_one_line_and_escaped() -> None:
    output = render("github", View(report(HOSTILE)))
    assert output.count("\n") == 1
    assert output.startswith("::error file=a%3Ab%2Cc%25.sh,")
    assert "100%25 <&> ::error::," in output


def test_github_has_notices() -> None:
    note = replace(FOUND, severity=Severity.NOTE)
    assert render("github", View(report(note), Severity.NOTE)).startswith("::notice ")


def test_gitlab_has_what_its_format_requires() -> None:
    (entry,) = json.loads(render("gitlab", View(report(FOUND))))
    assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(entry)
    assert entry["severity"] == "major"
    assert entry["location"]["path"] == "job.sbatch"
    assert entry["location"]["positions"]["begin"] == {"line": 6, "column": 15}


def test_gitlab_fingerprints_differ_by_rule_and_file() -> None:
    others = (replace(FOUND, rule="other"), replace(FOUND, at=Span("env.sh", 0, 1)))
    entries = json.loads(render("gitlab", View(report(FOUND, *others))))
    assert len({entry["fingerprint"] for entry in entries}) == 3


def test_junit_counts_failures_and_stays_xml() -> None:
    suite = ElementTree.fromstring(render("junit", View(report(FOUND, HOSTILE, problems=(BROKEN,)))))[0]
    assert (suite.get("tests"), suite.get("failures")) == ("3", "3")
    messages = [failure.get("message") for failure in suite.iter("failure")]
    assert "8 processes on each node, but it has 4 GPUs" in messages
    assert any(message is not None and message.startswith("100% <&> ::error::,") for message in messages)


def test_junit_of_nothing_is_one_passed_test() -> None:
    suite = ElementTree.fromstring(render("junit", View(report())))[0]
    assert [case.get("name") for case in suite.iter("testcase")] == ["nothing found"]
    assert suite.get("failures") == "0"


def test_lsp_is_what_a_server_would_publish() -> None:
    view = View(report(FOUND, HOSTILE, problems=(BROKEN,)))
    published = {one["uri"].rpartition("/")[2]: one["diagnostics"] for one in json.loads(render("lsp", view))}
    assert set(published) == {"job.sbatch", "a%3Ab%2Cc%25.sh", "ds.json"}
    (found,) = published["job.sbatch"]
    assert found["range"] == {"start": {"line": 5, "character": 14}, "end": {"line": 5, "character": 37}}
    assert found["severity"] == 1
    assert found["code"] == "procs-exceed-gpus"
    assert [one["location"]["range"]["start"]["line"] for one in found["relatedInformation"]] == [1, 2]
    ((uri, edits),) = found["data"]["changes"].items()
    assert uri.endswith("/env.sh")
    assert edits == [
        {"range": {"start": {"line": 1, "character": 13}, "end": {"line": 1, "character": 14}}, "newText": "4"}
    ]
    assert published["ds.json"][0]["severity"] == 2
    assert json.loads(render("lsp", View(report()))) == []
