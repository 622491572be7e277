"""Settings on a command line in Hydra's way, `section.key=value`, of which the last one holds.

https://hydra.cc/docs/advanced/override_grammar/basic/; the same form without Hydra is read by OmegaConf's
`from_dotlist` and `from_cli`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dtlint.job.process import Process
from dtlint.run.word import Word
from dtlint.value import How, Step, Term, Value, absent, unknown


class Overrides:
    """What the words of a command line say of each key; unknown where a word that is not known may say anything.

    They are all of it but where `words` says which.  A last `"$@"` or `$*` is empty where the script is started as it
    stands (presumption 3).
    """

    def __init__(self, process: Process, words: Sequence[Word] | None = None) -> None:
        words = process.arguments if words is None else words
        if words and words[-1].many and from_outside(words[-1]):
            words = words[:-1]
        self._given: dict[str, Value] = {}
        self._hidden: Word | None = None
        for word in words:
            first = word.pieces[0].content if word.pieces else None
            key, equals, _ = first.partition("=") if isinstance(first, str) else ("", "", "")
            if equals and not word.many:
                step = Step(How.OPTION, word.written, word.at)
                self._given[key.lstrip("+~")] = word.cut(len(key) + 1).value.because(step)
            elif word.string is None:
                self._hidden = self._hidden or word

    def value(self, key: str) -> Value:
        if key in self._given:
            return self._given[key]
        return absent() if self._hidden is None else unknown(key, key=("hidden override", self._hidden.at, key))

    def number(self, key: str) -> Value:
        return self.value(key).as_int()


def from_outside(word: Word) -> bool:
    """It is all that the script is given itself, also where that was put into a text that another shell reads."""
    content = word.value.content
    symbol = content.symbol if isinstance(content, Term) else None
    return word.written.strip('"') in ("$@", "${@:1}") or (symbol is not None and symbol.name == "$@")
