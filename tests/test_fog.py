"""The fog itself: it hides every leaf, one at a time, and what it leaves can still be read."""

from __future__ import annotations

import pytest
from fog import CALL, HOLE, VARIABLE, fogs


def hidden(path: str, text: str) -> dict[str, str]:
    """What each leaf becomes: the whole text with that leaf hidden, by the leaf."""
    return {fog.hidden: fog.over({path: text})[path] for fog in fogs({path: text})}


def test_words_of_scripts() -> None:
    lines = hidden("a.sh", "export A=8\nsrun --n=2 'x y' \"p$A\" t.py\n")
    assert lines["8"] == f'export A="{VARIABLE}"\nsrun --n=2 \'x y\' "p$A" t.py\n'
    assert f" \"{VARIABLE}\" 'x y'" in lines["--n=2"]
    assert f"--n=\"{VARIABLE}\" 'x y'" in lines["2"]
    assert f"''\"{VARIABLE}\"''" in lines["x y"]
    assert f'"{VARIABLE}$A"' in lines["p"]
    assert set(lines) == {"8", "srun", "--n=2", "2", "x y", "p", "t.py"}


def test_headers() -> None:
    lines = hidden("a.sbatch", "#!/bin/bash\n#SBATCH --nodes=2\n#SBATCH -N 4 # c\ntrue\n")
    assert f"--nodes={HOLE}\n" in lines["2"]
    assert f"-N {HOLE} " in lines["4"]


def test_here_documents_by_number_and_whole() -> None:
    lines = hidden("a.sh", 'cat > d.json <<EOF\n{"a": 16}\nEOF\n')
    assert lines["16"] == f'cat > d.json <<EOF\n{{"a": {VARIABLE}}}\nEOF\n'
    assert lines['{"a": 16}\n'] == f"cat > d.json <<EOF\n{VARIABLE}\nEOF\n"


@pytest.mark.parametrize(
    ("path", "text", "fogged"),
    [
        ("a.json", '{"k": [1, "b"]}', {'"b"': f'{{"k": [1, {HOLE}]}}', "1": f'{{"k": [{HOLE}, "b"]}}'}),
        ("a.yaml", "k: 'b'\nl: [1]\n", {"'b'": f"k: {HOLE}\nl: [1]\n", "1": f"k: 'b'\nl: [{HOLE}]\n"}),
    ],
)
def test_scalars_of_documents(path: str, text: str, fogged: dict[str, str]) -> None:
    assert hidden(path, text) == fogged


def test_literals_of_python() -> None:
    text = '"""Doc."""\nx = f(1, "a")\ny = f"{2}b"\nmatch x:\n    case 3:\n        pass\n'
    lines = hidden("a.py", text)
    assert set(lines) == {"1", '"a"'}
    assert lines["1"] == text.replace("1", CALL)


def test_lines_below_a_hidden_text_of_many_lines_move() -> None:
    text = "python -c 'a\nb\nc'\nsrun x\n"
    (fog,) = (fog for fog in fogs({"a.sh": text}) if "\n" in fog.hidden)
    assert [fog.line(text, "a.sh", line) for line in (1, 2, 3, 4)] == [1, 1, 1, 2]
    assert fog.line(text, "b.sh", 4) == 4
