import re

from dtlint.job.launch import Launch
from dtlint.rule import Finding, near

COMPUTED = re.compile(r"\$\(|`|\(\(")
PRODUCT = re.compile(r"(?:\w+=|--?[\w-]+[= ])\"?(?:\$\(\((.+)\)\)|[`$]\(?expr (.+?)[`)])\"?")
"""An assignment or an option, all of it one computation of the shell."""
NAMED = re.compile(r"(\w+)=|(?:\w+=|--?[\w-]+[= ])\"?\$\{?(\w+)\}?\"?")
"""A variable that is assigned, or that is handed on as it is."""


def check(launch: Launch):
    if launch.tool != "torchrun" or not is_product_with(names(launch.nodes), launch.per_node):
        return
    yield Finding(
        when=launch.nodes > 1,
        at=near(launch.per_node, launch),
        because=(launch.nodes, launch.per_node),
        started=launch.per_node,
        nodes=launch.nodes,
    )


def names(nodes):
    """The variables that hold the number of nodes on its way from where it is written."""
    found = (NAMED.match(step.text) for step in nodes.trail)
    return {name for match in found if match for name in match.groups() if name}


def is_product_with(variables, per_node):
    """The one computation that led to the number is a product, and one of its factors is among the variables."""
    computed = [step for step in per_node.trail if COMPUTED.search(step.text)]
    match = PRODUCT.fullmatch(computed[0].text) if len(computed) == 1 else None
    factors = re.sub(r"[\s${}\\]", "", match[1] or match[2]).split("*") if match else []
    pure = len(factors) > 1 and all(re.fullmatch(r"\w+", factor) for factor in factors)
    return pure and not variables.isdisjoint(factors)
