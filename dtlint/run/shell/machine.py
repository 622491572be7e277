"""The shell on paper: statements run one by one, undecided conditions on copies that are joined again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from dtlint.facts.shell import (
    AndOr,
    ArithmeticCommand,
    Assignment,
    Background,
    Case,
    Command,
    CountingFor,
    Declaration,
    Expression,
    For,
    Function,
    Group,
    If,
    Not,
    Parameter,
    Pipeline,
    Statement,
    Substitution,
    Test,
    Unparsed,
    While,
)
from dtlint.facts.shell import Word as WrittenWord
from dtlint.run.environment import Environment
from dtlint.run.shell import arithmetic, builtins, conditions, idioms, parameters, rounds
from dtlint.run.shell.context import Context, VariableSet, Written
from dtlint.run.shell.expand import fields, single
from dtlint.run.shell.expand import pattern as pattern_of
from dtlint.run.shell.nested import explained
from dtlint.run.shell.redirections import altered, redirected
from dtlint.run.shell.state import Fork, Key, State, Variable, join
from dtlint.run.shell.words import (
    BLANKS,
    LONGEST,
    concatenated,
    known_text,
    of_value,
    size,
    trails,
    without_line_ends,
)
from dtlint.run.word import Branch, Exec, Piece, Word
from dtlint.source import Span
from dtlint.value import (
    FALSE,
    TRUE,
    How,
    Step,
    Trail,
    Truth,
    Value,
    absent,
    either,
    known,
    undecided,
    unknown,
)

NEVER: Final = sys.maxsize
"""`Exec.ended` of a background command that nobody waits for."""
SHOWN: Final = 60
"""Characters of source text in a step of a trail."""
CHECKING: Final = frozenset(
    ("grep", "egrep", "fgrep", "zgrep", "which", "type", "diff", "cmp", "pgrep", "pidof", "nc", "ping", "mountpoint",
     "curl", "wget")
)  # fmt: skip
"""Commands that are run for their status: whether they succeed is a question, not a presumption."""


class ExhaustedError(Exception):
    """The budget ran out."""


@dataclass(slots=True)
class Frame:
    """A function or sourced file that is being run."""

    returned: State | None = None
    status: Truth = TRUE
    returns: int = 0


class Machine:
    """Runs one program in one context."""

    def __init__(self, context: Context, file: str) -> None:
        self.context = context
        self.file = file
        """The file that is being run: the script, or what it sourced."""
        arguments = context.arguments
        if arguments is None:
            value = unknown("$@", key=("arguments", context.scope))
            at = Span(file, 0, 0)
            arguments = (Word((Piece(value, at),), at, "$@", many=True),)
        self.state = State(context.directory, arguments)
        self.status: Truth = TRUE
        self.presumed = False
        """The status is that of an external command, whose success is presumed."""
        self.execs: list[Exec] = []
        self.written: list[Written] = []
        self.sets: list[VariableSet] = []
        self.sourced: dict[str, None] = {}
        self.wanted: dict[str, None] = {}
        """Variables that it asked for and that nobody who was read had set."""
        self.final: State | None = None
        self.loops: list[rounds.Loop] = []
        self.frames: list[Frame] = []
        self.pending: list[int] = []
        self.count = 0
        self.repeated = 0
        self.depth = 0
        self.draws = 0
        self._texts: dict[str, str | None] = {}
        self._values: dict[int, tuple[Word, Value]] = {}
        self._run: dict[type, Callable[[Any], bool]] = {
            Command: self._command,
            Declaration: self._declaration,
            Pipeline: self._pipeline,
            AndOr: self._and_or,
            Not: self._not,
            Test: self._test,
            ArithmeticCommand: self._arithmetic,
            If: self._if,
            Case: self._case,
            For: partial(rounds.run_for, self),
            CountingFor: partial(rounds.run_counting, self),
            While: partial(rounds.run_while, self),
            Group: self._group,
            Function: self._function,
            Background: self._background,
            Unparsed: self._unparsed,
        }

    # -- what the parts ask for

    def step(self) -> None:
        self.context.budget.steps -= 1
        if self.context.budget.steps < 0:
            raise ExhaustedError

    def spend(self, word: Word) -> Word:
        """The word, or an unknown if it is too long to be kept."""
        length = size(word)
        self.context.budget.characters -= length
        if self.context.budget.characters < 0:
            raise ExhaustedError
        if length > LONGEST:
            return of_value(unknown("a long text", key=("long", self.context.scope, word.at)), word.at)
        return word

    def value_of(self, word: Word) -> Value:
        """The value of what a variable holds, computed once."""
        found = self._values.get(id(word))
        if found is None:
            text = known_text(word)
            value = known(text, *word.trail) if text is not None else word.value
            found = self._values[id(word)] = (word, value)
        return found[1]

    def evaluated(self) -> int:
        self.draws += 1
        return self.draws

    def slice(self, at: Span) -> str:
        """The text that stands at a place; empty if its file is not at hand."""
        text = self._texts.get(at.path)
        if text is None and at.path not in self._texts:
            source = self.context.files.source(at.path)
            text = self._texts[at.path] = None if source is None else source.text
        return "" if text is None else text[at.start : at.end]

    def shortened(self, at: Span) -> str:
        shown = " ".join(self.slice(at).replace("\\\n", " ").split())
        return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"

    def variable(self, name: str) -> Variable | None:
        return self.state.variables.get(name)

    def parameter_word(self, parameter: Parameter) -> Word:
        return parameters.word(self, parameter)

    def either(self, left: Value, right: Value, at: Span) -> Value:
        return either(left, right, ("join", self.context.scope, at), self.shortened(at))

    def evaluate(self, expression: Expression) -> Value:
        return arithmetic.evaluate(self, expression)

    def number_in(self, word: WrittenWord) -> Value:
        """An index, or an operand of `${X:1:2}`."""
        expanded = single(self, word)
        text = known_text(expanded)
        if text is not None:
            return arithmetic.named(self, text, word.at).after(expanded.trail)
        return arithmetic.integer(expanded.value)

    def index(self, word: WrittenWord, variable: Variable | None) -> Key | None:
        if variable is not None and variable.associative:
            return known_text(single(self, word))
        return self.number_in(word).integer

    def separators(self) -> str | None:
        """What `IFS` holds, which a shell does not take from its environment; None if it is not known."""
        variable = self.state.variables.get("IFS")
        if variable is None or variable.unset:
            return BLANKS
        return known_text(variable.word) if variable.word is not None else None

    def working_directory(self, at: Span) -> Value:
        return self.state.directory

    # -- variables

    def set_variable(self, name: str, variable: Variable) -> None:
        before = self.state.variables.get(name)
        self.state.variables[name] = variable
        imported = self.context.environment.set(name)
        if variable.exported or imported or (before is not None and before.exported):
            self.state.exports = None

    def assign(
        self,
        name: str,
        word: Word,
        at: Span,
        *,
        index: Word | None = None,
        step: bool = True,
        exported: bool = False,
        array: dict[Key, Word] | None = None,
    ) -> None:
        """Sets a variable, an item of an array, or an array."""
        before = self.state.variables.get(name)
        exported = (
            exported
            or self.state.allexport
            or (before.exported if before is not None else self.context.environment.set(name))
        )
        trail: Trail = ()
        if step:
            trail = (Step(How.ENVIRONMENT if exported else How.WRITTEN, self.shortened(at), at),)
        associative = before is not None and before.associative
        if array is not None:
            entries = {key: replace(member, trail=trails(trail, member.trail)) for key, member in array.items()}
            self.set_variable(name, Variable(None, entries, False, False, associative))
            return
        if before is not None and before.integer:
            text = known_text(word)
            number = arithmetic.named(self, text, at) if text is not None else arithmetic.integer(word.value)
            word = of_value(number.after(word.trail), at)
        word = self.spend(replace(word, many=False, trail=trails(trail, word.trail)))
        if index is not None or (before is not None and before.entries is not None):
            self._assign_item(name, before, index, word)
        else:
            integer = before.integer if before is not None else False
            self.set_variable(name, Variable(word, None, exported, integer))
        self.sets.append(VariableSet(name, self.value_of(word), at, exported, self.state.branches))

    def _assign_item(self, name: str, before: Variable | None, index: Word | None, word: Word) -> None:
        entries: dict[Key, Word] = {}
        if before is not None:
            entries = dict(before.entries or ({0: before.word} if before.word is not None else {}))
        associative = before is not None and before.associative
        key: Key | None = 0
        if index is not None:
            text = known_text(index)
            key = text
            if not associative:
                number = arithmetic.named(self, text, index.at) if text is not None else None
                key = number.integer if number is not None else None
        if key is None:
            value = unknown(f"${name}", key=("items", self.context.scope, name, word.at))
            self.set_variable(name, Variable(None, {0: Word((Piece(value, word.at),), word.at, "", word.trail, True)}))
            return
        if isinstance(key, int) and key < 0:
            known_keys = [other for other in entries if isinstance(other, int)]
            key += max(known_keys) + 1 if known_keys else 0
        fresh = key not in entries
        entries[key] = word
        if fresh and isinstance(key, int) and any(isinstance(other, int) and other > key for other in entries):
            entries = dict(sorted(entries.items(), key=lambda entry: int(entry[0])))
        self.set_variable(name, Variable(None, entries, False, False, associative))

    def forget(self, names: Iterable[str], at: Span) -> None:
        """Makes variables unknown."""
        for name in names:
            value = unknown(f"${name}", key=("forgotten", self.context.scope, at, name))
            before = self.state.variables.get(name)
            word = Word((Piece(value, at),), at, "")
            if before is not None and before.entries is not None:
                self.set_variable(name, replace(before, entries={0: replace(word, many=True)}))
            else:
                exported = before.exported if before is not None else self.context.environment.set(name)
                self.set_variable(name, Variable(word, exported=exported))

    def environment(self) -> Environment:
        """What a command started now would find."""
        state = self.state
        if state.exports is None:
            changes: dict[str, Value] = {}
            for name, variable in state.variables.items():
                if variable.unset:
                    changes[name] = absent()
                elif variable.exported and variable.word is not None:
                    changes[name] = self.value_of(variable.word)
            environment = self.context.environment.with_(changes)
            state.exports = environment.opened() if state.opened else environment
        return state.exports

    # -- running

    def block(self, statements: Sequence[Statement]) -> bool:
        """Runs them; False where nothing after them is reached on this way."""
        for statement in statements:  # noqa: SIM110 - a generator would take a frame of the stack at each level
            if not self.statement(statement):
                return False
        return True

    def statement(self, statement: Statement) -> bool:
        self.step()
        return self._run[type(statement)](statement)

    def branch(self, at: Span, side: int) -> None:
        self.state.branches = (*self.state.branches, Branch(at, side))

    def merge(self, left: State | None, right: State | None, at: Span) -> State | None:
        if left is None or right is None:
            return right if left is None else left
        return left if left is right else join(left, right, Fork(at, self.context.scope))

    def fork(self, at: Span, sides: Sequence[Callable[[], bool] | None], empty: frozenset[str] = frozenset()) -> bool:
        """Runs each side on a copy, and joins what is left."""
        base = self.state
        empty = frozenset(
            name
            for name in empty
            if not self.context.environment.set(name) and name not in self.context.environment.assumed
        )
        fork = Fork(at, self.context.scope, empty, self.shortened(at) if empty else "")
        after: State | None = None
        survivors = started = 0
        for number, side in enumerate(sides):
            self.state = base.copy()
            self.branch(at, number)
            before = len(self.execs)
            if side is None or side():
                survivors += 1
                after = self.state if after is None else join(after, self.state, fork)
            else:
                started += len(self.execs) - before
        self.status, self.presumed = undecided(), False
        if after is None:
            self.state = base
            return False
        if survivors == 1 and not started:
            # A guard that only leaves: what follows is what the script is for.
            after.branches = base.branches
        self.state = after
        return True

    def isolated(self, body: Callable[[], bool]) -> bool:
        """Runs it in a subshell: only what it prints is left; an `exit` ends only the subshell."""
        base = self.state
        saved = self.loops, self.frames, self.final
        self.loops, self.frames, self.final = [], [], None
        self.state = base.copy()
        try:
            alive = body()
            ended = self.merge(self.state if alive else None, self.final, Span(self.file, 0, 0))
        finally:
            self.loops, self.frames, self.final = saved
        base.output = ended.output if ended is not None else self.state.output
        base.stdin = self.state.stdin
        self.state = base
        return alive

    # -- lists

    def _and_or(self, statement: AndOr) -> bool:
        chain: list[AndOr] = []
        first: Statement = statement
        while isinstance(first, AndOr):
            chain.append(first)
            first = first.left
        if not self.statement(first):
            return False
        chain.reverse()
        empty = self._emptiness(first)
        place = 0
        while place < len(chain):
            link = chain[place]
            place += 1
            status, presumed = self.status, self.presumed
            success = status.always or presumed
            right = link.right
            if link.operator == "&&":
                if success:
                    if not self.statement(right):
                        return False
                elif not status.never:
                    other = None
                    if place < len(chain) and chain[place].operator == "||":
                        # `test && a || b` is written for if, then and else.
                        other = chain[place].right
                        place += 1
                    sides = [self._side(right), self._side(other) if other is not None else None]
                    if not self.fork(link.at, sides, empty):
                        return False
            elif status.never and not presumed:
                if not self.statement(right):
                    return False
            elif presumed:
                self._fallback(link)
            elif not status.always and not self.fork(link.at, [None, self._side(right)], empty):
                return False
        return True

    def _side(self, statement: Statement) -> Callable[[], bool]:
        return lambda: self.statement(statement)

    def _fallback(self, link: AndOr) -> None:
        """What stands behind `||` where success is presumed."""
        base = self.state
        self.state = base.copy()
        self.branch(link.at, 1)
        alive = self.statement(link.right)
        self.state = join(base, self.state, Fork(link.at, self.context.scope)) if alive else base
        self.status, self.presumed = undecided(), True

    @staticmethod
    def _emptiness(statement: Statement) -> frozenset[str]:
        while isinstance(statement, Not):
            statement = statement.body
        if isinstance(statement, Test):
            name = conditions.emptiness(statement)
            return frozenset((name,)) if name else frozenset()
        return frozenset()

    def _not(self, statement: Not) -> bool:
        alive = self.statement(statement.body)
        self.status, self.presumed = ~self.status, False
        return alive

    def _pipeline(self, statement: Pipeline) -> bool:
        base = self.state
        stdin = base.stdin
        listening = base.output
        for number, stage in enumerate(statement.stages):
            last = number + 1 == len(statement.stages)

            def run(stage: Statement = stage, stdin: Word | None = stdin, last: bool = last) -> bool:
                self.state.stdin = stdin
                if not last:
                    self.state.output = ()
                return self.statement(stage)

            self.isolated(run)
            if not last:
                stdin = concatenated(base.output or (), statement.at, "")
                base.output = listening
        base.stdin = None
        return True

    def _background(self, statement: Background) -> bool:
        mark = len(self.execs)
        self.isolated(lambda: self.statement(statement.body))
        running = [place for place in range(mark, len(self.execs)) if self.execs[place].ended is None]
        for place in running:
            # Only the last command is still there when the next one starts: the others were waited for.
            last = place == running[-1]
            self.execs[place] = replace(self.execs[place], ended=NEVER if last else self.execs[place].started + 1)
        self.pending.extend(running[-1:])
        self.status, self.presumed = TRUE, False
        return True

    def wait(self) -> None:
        for place in self.pending:
            if self.execs[place].ended == NEVER:
                self.execs[place] = replace(self.execs[place], ended=self.count)
        self.pending.clear()

    # -- conditions

    def _test(self, statement: Test) -> bool:
        self.status, self.presumed = conditions.holds(self, statement), False
        return True

    def _arithmetic(self, statement: ArithmeticCommand) -> bool:
        self.status, self.presumed = arithmetic.condition(self, statement.expression), False
        return True

    def _if(self, statement: If) -> bool:
        sides: list[Callable[[], bool] | None] = []
        empty: frozenset[str] = frozenset()
        sure = False
        for condition, body in statement.branches:
            if not self.block(condition):
                return False
            if not self.presumed and self.status.never:
                continue
            sides.append(self._body(body))
            if not self.presumed and self.status.always:
                sure = True
                break
            if len(condition) == 1:
                empty |= self._emptiness(condition[0])
        if not sure:
            sides.append(self._body(statement.otherwise) if statement.otherwise else None)
        if len(sides) == 1:
            self.status, self.presumed = TRUE, False
            return sides[0]() if sides[0] is not None else True
        return self.fork(statement.at, sides, empty)

    def _body(self, body: tuple[Statement, ...]) -> Callable[[], bool]:
        return lambda: self.block(body)

    def _case(self, statement: Case) -> bool:
        subject = single(self, statement.subject)
        sides: list[Callable[[], bool] | None] = []
        sure = False
        for patterns, body in statement.branches:
            verdict = FALSE
            for wanted in patterns:
                expression = pattern_of(self, wanted)
                found = undecided() if expression is None else conditions.matching(subject, expression)
                verdict = verdict | found
            if verdict.never:
                continue
            sides.append(self._body(body))
            if verdict.always:
                sure = True
                break
        if not sure:
            sides.append(None)
        self.status, self.presumed = TRUE, False
        if len(sides) == 1:
            return sides[0]() if sides[0] is not None else True
        return self.fork(statement.at, sides)

    # -- groups and functions

    def _group(self, statement: Group) -> bool:
        if statement.redirects:
            return redirected(self, statement.redirects, lambda: self._inside(statement))
        return self._inside(statement)

    def _inside(self, statement: Group) -> bool:
        if statement.subshell:
            self.isolated(lambda: self.block(statement.body))
            return True
        return self.block(statement.body)

    def _function(self, statement: Function) -> bool:
        self.state.functions[statement.name] = statement
        self.status, self.presumed = TRUE, False
        return True

    def _unparsed(self, statement: Unparsed) -> bool:
        self.status, self.presumed = undecided(), True
        return True

    def call(self, function: Function, words: Sequence[Word]) -> bool:
        arguments, shifted, loops_outside = self.state.arguments, self.state.shifted, self.loops
        self.loops = []
        self.state.locals = (*self.state.locals, {})
        self.state.arguments = tuple(words)
        if not any(word.many for word in words):
            self.state.shifted = 0
        alive = self.framed(lambda: self.block(function.body), function.at)
        self.loops = loops_outside
        if alive:
            for name, before in self.state.locals[-1].items():
                if before is None:
                    self.state.variables.pop(name, None)
                else:
                    self.state.variables[name] = before
                self.state.exports = None
            self.state.locals = self.state.locals[:-1]
            self.state.arguments, self.state.shifted = arguments, shifted
        return alive

    def framed(self, body: Callable[[], bool], at: Span) -> bool:
        """Runs what `return` leaves."""
        if self.depth >= self.context.budget.depth:
            self.status, self.presumed = undecided(), True
            return True
        self.depth += 1
        frame = Frame()
        self.frames.append(frame)
        try:
            alive = body()
        finally:
            self.frames.pop()
            self.depth -= 1
        if frame.returned is not None:
            sole = not alive and frame.returns == 1
            after = self.merge(self.state if alive else None, frame.returned, at)
            assert after is not None
            self.state = after
            self.status, self.presumed = (frame.status, False) if sole else (undecided(), False)
            return True
        return alive

    def leave_frame(self, status: Truth) -> bool:
        """`return`."""
        if not self.frames:
            return self.exit()
        frame = self.frames[-1]
        frame.returned = self.merge(frame.returned, self.state, Span(self.file, 0, 0))
        frame.status = status
        frame.returns += 1
        return False

    def exit(self) -> bool:
        # Of a subshell what it printed is wanted, of the script only what the last way leaves.
        printing = self.state.output is not None
        self.final = self.merge(self.final, self.state, Span(self.file, 0, 0)) if printing else self.state
        return False

    # -- assignments

    def assignment(self, assignment: Assignment, *, exported: bool = False) -> None:
        name = assignment.name
        before = self.state.variables.get(name)
        index = single(self, assignment.index) if assignment.index is not None else None
        if assignment.array is not None:
            self._assign_array(assignment, before, exported)
            return
        value = assignment.value
        word = single(self, value) if value is not None else Word((), assignment.at, "")
        if assignment.append:
            held = self._held(assignment, before)
            if before is not None and before.integer:
                text = known_text(word)
                added = arithmetic.named(self, text, assignment.at) if text is not None else word.value
                word = of_value(arithmetic.integer(held.value) + added, assignment.at)
            else:
                word = concatenated([held, word], assignment.at, "")
        self.assign(name, word, assignment.at, index=index, exported=exported)

    def _held(self, assignment: Assignment, before: Variable | None) -> Word:
        if assignment.index is not None:
            parameter = Parameter(assignment.name, assignment.at, True, index=assignment.index)
        else:
            parameter = Parameter(assignment.name, assignment.at, True)
        return parameters.word(self, parameter)

    def _assign_array(self, assignment: Assignment, before: Variable | None, exported: bool) -> None:
        assert assignment.array is not None
        entries: dict[Key, Word] = {}
        if assignment.append and before is not None:
            entries = dict(before.entries or ({0: before.word} if before.word is not None else {}))
        following = max((key for key in entries if isinstance(key, int)), default=-1) + 1
        keys: Sequence[WrittenWord | None] = assignment.keys or (None,) * len(assignment.array)
        for key_word, word in zip(keys, assignment.array, strict=True):
            if key_word is not None:
                key = self.index(key_word, before)
                if key is None:
                    self.forget((assignment.name,), assignment.at)
                    return
                entries[key] = single(self, word)
                following = key + 1 if isinstance(key, int) else following
                continue
            for member in fields(self, word):
                entries[following] = self.spend(member)
                following += 1
        self.assign(assignment.name, Word((), assignment.at, ""), assignment.at, array=entries, exported=exported)

    def _declaration(self, statement: Declaration) -> bool:
        builtins.declare(self, statement)
        self.status, self.presumed = TRUE, False
        return True

    # -- commands

    def _command(self, statement: Command) -> bool:
        words: list[Word] = []
        for written in statement.words:
            words.extend(fields(self, written))
        if words:
            if statement.redirects:
                return redirected(self, statement.redirects, lambda: self._invoke(words, statement))
            return self._invoke(words, statement)
        for assignment in statement.assignments:
            self.assignment(assignment)
        self.status = undecided() if statement.assignments or statement.words else TRUE
        self.presumed = bool(statement.assignments or statement.words)
        if statement.redirects and not statement.assignments:
            # `$(< file)`
            return redirected(self, statement.redirects, self._pass_through)
        return True

    def _pass_through(self) -> bool:
        if self.state.stdin is not None:
            self.emit(self.state.stdin)
        return True

    def _invoke(self, words: list[Word], statement: Command) -> bool:
        at = statement.at
        name = known_text(words[0])
        function = self.state.functions.get(name) if name is not None else None
        if name is not None and (function is not None or name in builtins.BUILTINS):
            saved: list[tuple[str, Variable | None]] = []
            for assignment in statement.assignments:
                saved.append((assignment.name, self.state.variables.get(assignment.name)))
                self.assignment(assignment, exported=True)
            if function is not None:
                alive = self.call(function, words[1:])
            else:
                self.status, self.presumed = TRUE, False
                alive = builtins.BUILTINS[name](self, words, at)
            for variable_name, before in saved:
                if before is None:
                    self.state.variables.pop(variable_name, None)
                else:
                    self.state.variables[variable_name] = before
                self.state.exports = None
            return alive
        changes: dict[str, Value] = {}
        for assignment in statement.assignments:
            value = single(self, assignment.value) if assignment.value is not None else Word((), assignment.at, "")
            step = Step(How.ENVIRONMENT, self.shortened(assignment.at), assignment.at)
            changes[assignment.name] = value.value.because(step)
            branches = self.state.branches
            self.sets.append(VariableSet(assignment.name, changes[assignment.name], assignment.at, True, branches))
        self.external(words, at, changes)
        return True

    def external(self, words: Sequence[Word], at: Span, changes: dict[str, Value] | None = None) -> None:
        """A command that is a process of its own."""
        name = known_text(words[0])
        listening = self.state.output is not None
        self.status, self.presumed = undecided(), name not in CHECKING
        if name is not None and (listening or name in idioms.WRITING):
            printed = idioms.output(self, name.rpartition("/")[2], words, at)
            if printed is not None:
                self.emit(printed)
                return
        if self.written:
            altered(self, None if name is None else name.rpartition("/")[2], words[1:], at)
        environment = self.environment()
        if changes:
            environment = environment.with_(changes)
        if len(self.execs) >= self.context.budget.execs:
            raise ExhaustedError
        self.execs.append(
            Exec(
                argv=tuple(explained(word, self.context.steps) for word in words),
                environment=environment,
                directory=self.state.directory,
                at=at,
                host=self.context.host,
                branches=self.state.branches,
                repeated=self.repeated > 0,
                started=self.count,
                stdin=self.state.stdin,
            )
        )
        self.count += 1
        if name is None:
            self.wait()  # what is not known may wait
        if listening:
            shown = f"output of {self.shortened(at)}"
            self.emit(of_value(unknown(shown, key=("output", self.context.scope, at)), at))

    def emit(self, word: Word) -> None:
        """Prints, if somebody listens."""
        if self.state.output is not None:
            self.state.output = (*self.state.output, self.spend(word))

    def substitute(self, part: Substitution) -> Word:
        """What `$(…)` becomes."""
        self.step()
        if self.depth >= self.context.budget.depth:
            return of_value(unknown(self.shortened(part.at), key=("deep", self.context.scope, part.at)), part.at)
        self.depth += 1
        base = self.state
        listening, stdin = base.output, base.stdin

        def run() -> bool:
            self.state.output = ()
            return self.block(part.body)

        try:
            self.isolated(run)
        finally:
            self.depth -= 1
        printed = base.output or ()
        base.output, base.stdin = listening, stdin
        word = concatenated(printed, part.at, "")
        return replace(word, pieces=without_line_ends(word.pieces))
