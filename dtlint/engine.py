"""From paths to a report: read, run on paper, judge, and leave out what somebody decided not to see."""

from __future__ import annotations

import os
import posixpath
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dtlint.cache import Cache
from dtlint.catalog import Catalog, Rule, load_rules, packaged, read_cards
from dtlint.collector import paused
from dtlint.config import Config, load
from dtlint.diagnostic import PROBLEM, Diagnostic, Severity
from dtlint.facts.problem import Problem
from dtlint.ignored import outer, patterns
from dtlint.nested import Nested
from dtlint.outcome import Report, Suppressed, within
from dtlint.read.kinds import ENVIRONMENT, Kind
from dtlint.remembered import Remembered, setting
from dtlint.shelf import OWN
from dtlint.source import Source, Span
from dtlint.suppress import Filtered, Suppression, Suppressions, suppressions
from dtlint.value import How, Step, Value, absent, known
from dtlint.workspace import Workspace, locate

if TYPE_CHECKING:
    from dtlint.job.run import Run
    from dtlint.job.site import Cluster
    from dtlint.judged import Bench, Judged
    from dtlint.run.jobs import Jobs


@paused()
def lint(
    paths: Sequence[Path | str],
    config: Config | None = None,
    *,
    focus: Collection[str] = (),
    overlay: Mapping[str, str] | None = None,
    cache: bool = True,
    progress: Callable[[str], None] | None = None,
    root: str = "",
    environment: Mapping[str, str] | None = None,
    kept: list[Run] | None = None,
) -> Report:
    """Lint the workspace around `paths`.

    With `focus` only what touches these files is reported; `overlay` gives texts that are newer than the disk; both by
    path from the workspace's root.  With `root` only the job that begins with this shell script is judged, in
    the `environment` if that is given; `kept` takes the jobs themselves.  Raises `FileNotFoundError` for a path that
    does not exist, and `ConfigError` for a wrong configuration.
    """
    begun = time.perf_counter()
    located = locate(paths)
    settings = config if config is not None else load(located.root)
    inherited = None
    if environment is not None:
        text, inherited = written_down(environment)
        overlay = {**(overlay or {}), ENVIRONMENT: text}
    workspace = Workspace(
        located.root, settings, targets=located.targets, overlay=overlay, cache=Cache() if cache else None
    )
    narrowed = {*focus, *(located.focus or ())}
    folders = site_folders(located.root, settings)
    # What stands in an overlay has no state by which it is known again, and what a verdict of one job alone stands on
    # is not all in its files.
    recalls = cache and not overlay and not root and kept is None
    identity = setting((packaged(), *folders), settings, workspace.paths) if recalls else ""
    remembered = Remembered(Cache(), workspace, identity, narrowed) if recalls else None
    if cache:
        OWN.open(Cache(), packaged())
    report = remembered.recall() if remembered is not None else None
    if report is not None:
        cards = {card.id: card for card in read_cards(folders).cards}
        OWN.close()
        measured = {**report.statistics, "seconds": round(time.perf_counter() - begun, 3)}
        return replace(report, sources=_texts(workspace, settings), cards=cards, statistics=measured)
    catalog = load_rules(folders)
    OWN.close()
    jobs = jobs_of(workspace, settings, progress, root, inherited, focus=narrowed)
    bench = bench_of(workspace, jobs, catalog, identity)
    bench.kept = kept
    judged = bench.judge_all()
    # What is suppressed for another job than the one that is asked for is not unused.
    report = report_of(bench, catalog, judged, unused=not root)
    report = replace(report, statistics={**report.statistics, "seconds": round(time.perf_counter() - begun, 3)})
    report = report.touching(narrowed) if narrowed else report
    if remembered is not None and not any(one.failed for one in judged):
        asked = dict(jobs.asked)
        for one in judged:
            asked.update(one.asked)
        remembered.keep(report, {path for one in judged for path in one.files}, asked)
    return report


def site_folders(root: Path, config: Config) -> list[Path]:
    """Where a workspace has rules of its own."""
    named = (root / config.base / folder for folder in config.rules)
    return [folder for folder in named if folder.is_dir()]


def catalog_of(root: Path, config: Config, cache: bool = True, trust: bool = True) -> Catalog:
    """All rules for a workspace; those of the site only with `trust`, since their Python runs here."""
    if cache:
        OWN.open(Cache(), packaged())
    catalog = load_rules(site_folders(root, config) if trust else [])
    OWN.close()
    return catalog


def jobs_of(
    workspace: Workspace,
    config: Config,
    progress: Callable[[str], None] | None = None,
    root: str = "",
    inherited: Mapping[str, Value] | None = None,
    focus: Collection[str] = (),
) -> Jobs:
    """The jobs of a workspace; with `root` only the one of this shell script, which finds just what is `inherited`;
    documents are read only as far as `focus` names them, if it names anything."""
    from dtlint.run.jobs import Jobs

    return Jobs(
        files=workspace,
        shells=(root,) if root else workspace.of_kind(Kind.SHELL),
        scripts=() if root else workspace.scripts(),
        notebooks=() if root else workspace.of_kind(Kind.NOTEBOOK),
        manifests=() if root else tuple(_manifests(workspace)),
        configurations=() if root else workspace.of_kind(Kind.JSON),
        makefiles=() if root else workspace.of_kind(Kind.MAKEFILE),
        documents=() if root else documents(workspace, config, focus),
        cluster=cluster(config),
        assumed=dict(config.assume),
        progress=progress,
        inherited=inherited,
    )


def _manifests(workspace: Workspace) -> Iterator[str]:
    """Documents that may start something: YAML, and what NVIDIA FLARE calls the description of a job."""
    yield from workspace.of_kind(Kind.YAML)
    yield from (path for path in workspace.of_kind(Kind.JSON) if posixpath.basename(path) == "meta.json")


def written_down(environment: Mapping[str, str]) -> tuple[str, dict[str, Value]]:
    """An environment as the text of a file, a line for each variable, and its values with their places in it."""
    lines: list[str] = []
    values: dict[str, Value] = {}
    at = 0
    for name, value in sorted(environment.items()):
        line = f"{name}={value}".replace("\n", " ")
        step = Step(How.ENVIRONMENT, line, Span(ENVIRONMENT, at, at + len(line)))
        values[name] = known(value, step)
        lines.append(line)
        at += len(line) + 1
    return "\n".join(lines), values


def documents(workspace: Workspace, config: Config, focus: Collection[str]) -> Iterator[str]:
    """The documents whose commands are read: all, of some files in focus these alone."""
    if config.markdown:
        for path in workspace.of_kind(Kind.MARKDOWN):
            if not focus or within(path, focus):
                yield path


def bench_of(workspace: Workspace, jobs: Jobs, catalog: Catalog, identity: str = "") -> Bench:
    """What judges these jobs by the rules that the workspace's configuration wants; with an `identity` of all that
    verdicts stand on beside files, they are kept and recalled."""
    from dtlint.judged import Bench

    config = workspace.config
    rules = [rule for rule in catalog.rules if wanted(rule, config)]
    return Bench(
        workspace=workspace,
        jobs=jobs,
        rules=rules,
        severity=lambda rule: severity(rule, config),
        setting=identity,
        cache=Cache() if identity else None,
    )


def report_of(bench: Bench, catalog: Catalog, judged: Sequence[Judged], *, unused: bool = True) -> Report:
    """What the verdicts on all runs come to, without what somebody decided not to see; with `unused`, suppressions of
    nothing are problems."""
    from dtlint.judge import Verdicts

    workspace, rules = bench.workspace, bench.rules
    root, config = workspace.root, workspace.config
    nested = Nested(workspace, config)
    verdicts = Verdicts(bench.severity)
    for one in judged:
        verdicts.add(one.found, one.blocked, one.failed)
    diagnostics = verdicts.diagnostics(rules)
    told = {diagnostic.at for diagnostic in diagnostics}
    found, by_config = _ignored_by_config(diagnostics, config, root)
    found, by_nested = nested.decided(found, {rule.id: rule for rule in rules})
    filtered, misplaced = _ignored_by_comments(found, judged, rules, workspace)
    problems = [
        # Where a rule says what a slip of the text means, the slip itself is not said besides.
        *(_problem(problem) for problem in _read_problems(bench, judged) if problem.at not in told),
        *(_problem(problem) for problem in (*misplaced, *nested.problems)),
        *(_problem(Problem(flaw.message, _place(flaw.path, root))) for flaw in catalog.flaws),
        *(_problem(_unused(*one)) for one in filtered.unused if unused),
        *verdicts.failed.values(),
    ]
    return Report(
        root=root,
        diagnostics=filtered.kept,
        problems=tuple(problems),
        suppressed=(
            *by_config,
            *by_nested,
            *(Suppressed(diagnostic, comment.reason, comment.at) for diagnostic, comment in filtered.suppressed),
        ),
        blocked=tuple(verdicts.blocked.values()),
        sources=_texts(workspace, config),
        cards={rule.id: rule.card for rule in catalog.rules},
        statistics={
            "files": workspace.statistics.seen,
            "screened out": workspace.statistics.screened_out,
            **{f"read as {kind}": count for kind, count in workspace.statistics.read.items()},
            "runs": len(judged),
            "rules": len(rules),
        },
    )


def wanted(rule: Rule, config: Config) -> bool:
    """Selected, and neither ignored nor turned off; former names and families count."""
    names = {rule.id, rule.card.family, *rule.card.aliases}
    if config.select and not names & set(config.select):
        return False
    return not names & set(config.ignore) and severity(rule, config) is not None


def severity(rule: Rule, config: Config) -> Severity | None:
    for name in (rule.id, *rule.card.aliases):
        if name in config.severities:
            return config.severities[name]
    return rule.card.severity


def cluster(config: Config) -> Cluster:
    """What the configuration says of the machines, as values."""
    from dtlint.job.site import Cluster

    said = config.cluster

    def value(name: str, number: int | None) -> Value:
        if number is None:
            return absent()
        at = said.places.get(name)
        return known(number, *(() if at is None else (Step(How.ASSUMED, f"{name}={number}", at),)))

    gpus, cpus = value("gpus-per-node", said.gpus_per_node), value("cpus-per-node", said.cpus_per_node)
    return Cluster(gpus, cpus)


def _texts(workspace: Workspace, config: Config) -> Callable[[str], Source | None]:
    """The texts of a workspace, and of the configuration where that stands above it."""

    def text(path: str) -> Source | None:
        if path != config.path or not path.startswith("../"):
            return workspace.source(path)
        try:
            return Source(path, (workspace.root / path).read_bytes().decode("utf-8-sig"))
        except (OSError, UnicodeDecodeError):
            return None

    return text


def _ignored_by_config(
    found: tuple[Diagnostic, ...], config: Config, root: Path
) -> tuple[tuple[Diagnostic, ...], tuple[Suppressed, ...]]:
    """Findings without those that `per-path-ignores` names; its patterns are those of `.gitignore`."""
    if not config.per_path_ignores:
        return found, ()
    above = outer(root, Path(os.path.normpath(root / config.base)))
    named = [(patterns("", (pattern,), above), names) for pattern, names in config.per_path_ignores.items()]
    kept: list[Diagnostic] = []
    left_out: list[Suppressed] = []
    for diagnostic in found:
        if any(
            each is not None and diagnostic.rule in names and each.verdict(diagnostic.at.path) for each, names in named
        ):
            left_out.append(Suppressed(diagnostic, "per-path-ignores"))
        else:
            kept.append(diagnostic)
    return tuple(kept), tuple(left_out)


def _ignored_by_comments(
    found: tuple[Diagnostic, ...], judged: Sequence[Judged], rules: Sequence[Rule], workspace: Workspace
) -> tuple[Filtered, list[Problem]]:
    """Findings without those that a comment suppresses, and comments that name no rule."""
    paths = {diagnostic.at.path for diagnostic in found}.union(*(one.files for one in judged))
    comments: dict[str, tuple[Suppression, ...]] = {}
    misplaced: list[Problem] = []
    for path in sorted(paths):
        source = workspace.source(path)
        if source is not None and "dtlint" in source.text:
            said = suppressions(source, workspace.kind(path))
            comments[path] = said.suppressions
            misplaced += said.problems
    asked = {rule.id for rule in rules}
    aliases = {alias: rule.id for rule in rules for alias in rule.card.aliases}
    return Suppressions(workspace.source, comments, aliases).filter(found, asked.__contains__), misplaced


def _read_problems(bench: Bench, judged: Sequence[Judged]) -> list[Problem]:
    """What could not be read, here or in a worker, each once."""
    workspace = bench.workspace
    found = {*workspace.closed, *workspace.unscreened, *(problem for one in judged for problem in one.problems)}
    for path in bench.jobs.noted:
        found.update(workspace.problems_of(path))
    return sorted(found, key=lambda problem: (problem.at, problem.message))


def _unused(comment: Suppression, names: tuple[str, ...]) -> Problem:
    return Problem(f"nothing to suppress here: {', '.join(names)}", comment.at)


def _problem(problem: Problem) -> Diagnostic:
    return Diagnostic(PROBLEM, Severity.WARNING, problem.message, problem.at)


def _place(path: Path, root: Path) -> Span:
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    return Span(name, 0, 0)
