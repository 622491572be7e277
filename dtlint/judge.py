"""Conditions to diagnostics: asking the rules about a run, and saying what is surely wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from dtlint.card import Card
from dtlint.catalog import Rule
from dtlint.diagnostic import PROBLEM, Blocked, Cause, Diagnostic, Severity
from dtlint.fix import Edit, Fix, digest
from dtlint.job.launch import Allocation
from dtlint.job.run import Run, Setting
from dtlint.mend import Sources
from dtlint.rule import Finding, located, near, span_of
from dtlint.source import Span
from dtlint.value import How, Step, Value

MOST_CAUSES: Final = 6
"""Because-lines of one finding; more tire the reader."""


@dataclass(slots=True)
class Verdicts:
    """What the rules say of all runs, each mistake once."""

    severity: Callable[[Rule], Severity | None]
    sources: Sources = field(default=lambda path: None)
    """The texts for which fixes are made."""
    found: dict[tuple[str, Span], Diagnostic] = field(default_factory=dict)
    blocked: dict[tuple[str, Span], Blocked] = field(default_factory=dict)
    failed: dict[str, Diagnostic] = field(default_factory=dict)

    def judge(self, run: Run, rules: Iterable[Rule]) -> None:
        """Ask each rule about its subjects in `run`.  A check that raises is reported once, and the others go on."""
        for rule in rules:
            severity = self.severity(rule)
            if severity is None or rule.check is None or (run.documented and not _asked_of_documents(rule)):
                continue
            try:
                for subject in run.subjects(rule.subject):
                    presumed = tuple(getattr(subject, "presumed", ()))
                    for finding in rule.check(subject):
                        if isinstance(finding.at, Value):
                            # Of a number that nobody gives nothing says where it stands.
                            finding.at = near(finding.at, subject)
                        if run.documented:
                            if not _told_by_document(rule, finding, run):
                                continue
                            finding = _with_command(finding, run)
                        self._take(rule, severity, finding, presumed)
            except Exception as fault:
                self.fail(f"the rule {rule.id} failed and was left out: {type(fault).__name__}: {fault}", run)

    def add(self, found: Iterable[Diagnostic], blocked: Iterable[Blocked], failed: Iterable[Diagnostic]) -> None:
        """Take over what was said of a run elsewhere."""
        for diagnostic in found:
            self._merge(diagnostic)
        for entry in blocked:
            self.blocked.setdefault((entry.rule, entry.at), entry)
        for diagnostic in failed:
            self.failed.setdefault(diagnostic.message, diagnostic)

    def _merge(self, diagnostic: Diagnostic) -> None:
        known = self.found.get((diagnostic.rule, diagnostic.at))
        if known is None:
            self.found[diagnostic.rule, diagnostic.at] = diagnostic
        elif known.message == diagnostic.message:
            because = _distinct((*known.because, *diagnostic.because), diagnostic.at)
            self.found[diagnostic.rule, diagnostic.at] = replace(known, because=because)

    def _take(self, rule: Rule, severity: Severity, finding: Finding, presumed: tuple[str, ...]) -> None:
        at = located(finding.at, self.sources)
        if finding.when.undecided:
            names = {symbol.name for value in finding.when.operands for symbol in value.symbols()}
            self.blocked.setdefault((rule.id, at), Blocked(rule.id, at, tuple(sorted(names))))
        if not finding.when.surely:
            return
        self._merge(diagnose(rule, severity, finding, at, presumed, self.sources))

    def fail(self, message: str, run: Run) -> None:
        """Say once that something of dtlint's own went wrong."""
        self.failed.setdefault(message, Diagnostic(PROBLEM, Severity.WARNING, message, run.at))

    def diagnostics(self, rules: Iterable[Rule]) -> tuple[Diagnostic, ...]:
        """Findings by place; of several rules that speak of one mistake, the more precise one."""
        precise = {rule.id: frozenset(rule.card.yields_to) for rule in rules}
        everything = tuple(self.found.values())
        kept = [
            diagnostic
            for diagnostic in everything
            if not any(
                other.rule in precise[diagnostic.rule] and _same_mistake(diagnostic, other) for other in everything
            )
        ]
        return tuple(sorted(kept, key=lambda diagnostic: diagnostic.order))


def _asked_of_documents(rule: Rule) -> bool:
    """A document is not a job as a whole: rules about what one command leaves to another are not asked, nor those whose
    card says that they are about what a document may leave out."""
    return rule.subject not in (Run, Allocation, Setting) and rule.card.documented


def _told_by_document(rule: Rule, finding: Finding, run: Run) -> bool:
    """In the document itself only what breaks a job is worth a word; its commands show the way, and no more."""
    return rule.card.severity is Severity.ERROR or span_of(finding.at).path != run.root


def _with_command(finding: Finding, run: Run) -> Finding:
    """The finding with the command of the document that leads to it."""
    if not run.commands or span_of(finding.at).path == run.root:
        return finding
    because = (*finding.because, ("started so in the documentation", run.commands[0].at))
    return Finding(finding.when, finding.at, because, finding.edits, **finding.words)


def diagnose(
    rule: Rule, severity: Severity, finding: Finding, at: Span, presumed: tuple[str, ...], sources: Sources
) -> Diagnostic:
    """The finding in words."""
    steps = list(_steps(finding, sources))
    told = tuple(dict.fromkeys((*presumed, *(step.text for step in steps if step.how is How.PRESUMED))))
    closer = {at.path, *(step.at.path for step in steps if step.how is not How.FILE)}
    steps = [step for step in steps if step.how is not How.FILE or step.at.path not in closer]
    causes = [Cause(step.text, step.at) for step in steps if step.how is not How.PRESUMED]
    card = rule.card
    return Diagnostic(
        rule=rule.id,
        severity=severity,
        message=card.message.format(**finding.words),
        at=at,
        because=_distinct(causes, at),
        help=card.fix_title.format(**finding.words) if card.fix_title else "",
        fix=_fix(card, finding, sources),
        presumed=told,
    )


def _fix(card: Card, finding: Finding, sources: Sources) -> Fix | None:
    """What mends the finding, if the texts are as the rule expects them."""
    edits: list[Edit] = []
    for part in finding.edits:
        resolved = (part,) if isinstance(part, Edit) else part.edits(sources)
        if resolved is None:
            return None
        edits += resolved
    texts = {path: source.text for path in {edit.at.path for edit in edits} if (source := sources(path)) is not None}
    # The text of a notebook's cell is not the text of its file.
    if not edits or any(path.endswith(".ipynb") for path in texts):
        return None
    digests = tuple((path, digest(text)) for path, text in sorted(texts.items()))
    return Fix(card.fix_title.format(**finding.words), tuple(edits), card.fix_safe, digests)


def _steps(finding: Finding, sources: Sources) -> Iterator[Step]:
    """Where the values of the finding come from, the given places first."""
    for cause in finding.because:
        if isinstance(cause, Value):
            yield from cause.trail
        else:
            text, place = cause
            yield Step(How.WRITTEN, text, located(place, sources))
    for word in finding.words.values():
        if isinstance(word, Value):
            yield from word.trail
    if isinstance(finding.at, Value):
        yield from finding.at.trail


def _distinct(causes: Iterable[Cause], at: Span) -> tuple[Cause, ...]:
    """One line for each place; the finding's own place needs none."""
    by_place: dict[Span, Cause] = {}
    for cause in causes:
        if cause.at != at:
            by_place.setdefault(cause.at, cause)
    return tuple(by_place.values())[:MOST_CAUSES]


def _same_mistake(left: Diagnostic, right: Diagnostic) -> bool:
    """They share a place."""
    places = (right.at, *(cause.at for cause in right.because))
    return any(mine.overlaps(other) for mine in (left.at, *(cause.at for cause in left.because)) for other in places)
