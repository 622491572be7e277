"""Values, their trails, and three-valued truth: the arithmetic that everything above stands on."""

from dtlint.value.term import Kind, Reach, Symbol, Term, origins
from dtlint.value.trail import How, Step, Trail
from dtlint.value.truth import FALSE, TRUE, UNDECIDED, Truth, every, some, truth, undecided
from dtlint.value.value import (
    Absent,
    Choice,
    Const,
    Fields,
    Items,
    Operand,
    Scalar,
    Text,
    Value,
    absent,
    either,
    fields,
    items,
    known,
    of,
    one_of,
    text,
    unknown,
)

__all__ = [
    "FALSE", "TRUE", "UNDECIDED", "Absent", "Choice", "Const", "Fields", "How", "Items", "Kind", "Operand", "Reach",
    "Scalar", "Step", "Symbol", "Term", "Text", "Trail", "Truth", "Value", "absent", "either", "every", "fields",
    "items", "known", "of", "one_of", "origins", "some", "text", "truth", "undecided", "unknown",
]  # fmt: skip
