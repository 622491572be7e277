"""Random edits and requests for the language server, held now and then against a fresh lint of the same texts.

`make lsp-fuzz` runs this file: 100,000 edits, at the end of which the server must not have grown.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lsp_client import Client

from dtlint.engine import lint
from dtlint.lsp.server import PATIENCE
from dtlint.report import View, render

FIXTURES = Path(__file__).parent.parent / "fixtures"
PIECES = (
    "8", "0", "-1", "#", '"', "'", "(", ")", "{", "}", "\n", "  ", "\\\n", "é", "模", "𝕏", "$PROCS", "None", 
    "dist.barrier()\n",
    "# dtlint: ignore[fp16-and-bf16] so be it\n", "# dtlint: ignore[no-such-rule]\n", "--nnodes=2 ",
    "rank == 0", "srun ",
    "import torch\n", "export PROCS=4\n", ",", ":", "\t", "torchrun --nproc_per_node=2 train.py\n",
)  # fmt: skip
README = """\
# How to run

```bash
cd job
torchrun --nproc_per_node=2 train.py --data x
```

On two nodes: `sbatch job.sbatch`, or

```bash
export PROCS=4
torchrun --nnodes=2 --nproc_per_node=$PROCS --node_rank=0 --master_addr=localhost train.py --data x
```
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: train}
spec:
  containers:
  - name: train
    image: pytorch/pytorch:2.4.0
    command: [torchrun, --nproc_per_node=8, other/train.py]
    resources: {limits: {nvidia.com/gpu: 4}}
"""
REQUESTS = ("hover", "completion", "codeLens", "documentLink", "codeAction", "inlayHint")
CANCELLED = -32800
INFORMATION = 3
LONGEST = 600.0
"""Seconds for one round of the server; the machine may be busy."""


class Fuzz:
    def __init__(self, client: Client, root: Path, seed: int, patience: float = PATIENCE) -> None:
        """`patience` is how long the server lets a request wait, in seconds."""
        self.client = client
        self.patience = patience
        self.root = root
        self.random = random.Random(seed)
        shutil.copytree(FIXTURES / "broken" / "pretrain", root / "job")
        shutil.copytree(FIXTURES / "clean" / "by-hand", root / "other")
        (root / "job" / "README.md").write_text(README)
        (root / "pod.yaml").write_text(POD)
        self.good = {path: path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}
        self.texts: dict[Path, str] = {}
        """What is open."""
        self.done = 0
        client.begin(root)

    def edits(self, count: int) -> None:
        for _ in range(count):
            self.done += 1
            path = self.random.choice(list(self.good))
            match self.random.randrange(24):
                case 0:
                    self.close(path)
                case 1:
                    self.on_disk(path)
                case 2 | 3 | 4 | 5:
                    self.ask(path)
                case 6:
                    self.replace(path, self.variant(path))
                case 7:
                    self.settle()
                case _:
                    self.edit(path)

    def check(self) -> None:
        """Everything open gets a text that can be read; then what was published is what a fresh lint says."""
        for path in list(self.texts):
            self.replace(path, self.variant(path))
        self.settle()
        found = {uri: said(one["diagnostics"]) for uri, one in self.client.diagnostics.items() if one["diagnostics"]}
        overlay = {path.relative_to(self.root).as_posix(): text for path, text in self.texts.items()}
        report = lint([self.root], overlay=overlay, cache=False)
        wanted = {one["uri"]: said(one["diagnostics"]) for one in json.loads(render("lsp", View(report)))}
        failed = [answer["error"] for answer in self.client.answers() if "error" in answer]
        assert all(fault["code"] == CANCELLED for fault in failed), failed
        messages = [one["params"] for one in self.client.heard if one["method"] == "window/showMessage"]
        assert all(message["type"] == INFORMATION for message in messages), messages
        assert found == wanted, self.differing(wanted, found)
        self.client.heard.clear()

    def differing(self, wanted: dict[str, list[str]], found: dict[str, list[str]]) -> str:
        """What a fresh lint says and the server does not, and the other way round, a line each."""
        lines = [f"after {self.done:,} edits the server says something else than a fresh lint:"]
        for uri in sorted({*wanted, *found}):
            fresh, published = Counter(wanted.get(uri, ())), Counter(found.get(uri, ()))
            path = Path(unquote(urlsplit(uri).path))
            name = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else uri
            held = "open" if path in self.texts else "not open"
            sides = [("missing", [*(fresh - published)]), ("too much", [*(published - fresh)])]
            places = [{told(one) for one in several} for _, several in sides]
            for what, several in sides:
                for one in several:
                    # Where both sides say as much in one place, all of it is shown.
                    shown = one if told(one) in places[0] & places[1] else told(one)
                    lines.append(f"  {what}: {name} ({held}) {shown}")
        return "\n".join(lines)

    def settle(self) -> None:
        """All that was sent is judged: a request is answered only then, or when the server has no patience left."""
        params = {"textDocument": {"uri": (self.root / "job" / "train.py").as_uri()}}
        end = time.monotonic() + LONGEST
        while (begun := time.monotonic()) < end:
            self.client.request("textDocument/codeLens", params, LONGEST)
            if time.monotonic() - begun < self.patience:
                return
        raise AssertionError(f"after {self.done:,} edits the server judges for ever")

    def edit(self, path: Path) -> None:
        text = self.opened(path)
        start = self.random.randrange(len(text) + 1)
        end = min(len(text), start + self.random.choice((0, 0, 1, 1, 5, 40)))
        piece = self.random.choice(PIECES)
        region = {"start": position(text, start), "end": position(text, end)}
        self.texts[path] = text[:start] + piece + text[end:]
        self.client.change(path.as_uri(), {"range": region, "text": piece})

    def replace(self, path: Path, text: str) -> None:
        self.opened(path)
        self.texts[path] = text
        self.client.write(path.as_uri(), text)

    def close(self, path: Path) -> None:
        if self.texts.pop(path, None) is not None:
            self.client.close(path.as_uri())

    def on_disk(self, path: Path) -> None:
        kind = self.random.randrange(3)
        if kind == 0:
            path.unlink(missing_ok=True)
        else:
            path.write_text(self.good[path] if kind == 1 else self.variant(path))
        change = {"uri": path.as_uri(), "type": 3 if kind == 0 else 2}
        self.client.notify("workspace/didChangeWatchedFiles", {"changes": [change]})

    def ask(self, path: Path) -> None:
        text = self.texts.get(path, self.good[path])
        place = position(text, self.random.randrange(len(text) + 1))
        method = self.random.choice(REQUESTS)
        params: dict[str, Any] = {"textDocument": {"uri": path.as_uri()}}
        if method in ("hover", "completion"):
            params["position"] = place
        elif method in ("codeAction", "inlayHint"):
            params["range"] = {"start": place, "end": position(text, len(text))}
        if method == "codeAction":
            params["context"] = {"diagnostics": []}
        if self.random.random() < 0.05:
            called = {"command": "dtlint.ranks", "arguments": [path.as_uri()]}
            number = self.client.ask("workspace/executeCommand", called)
        else:
            number = self.client.ask(f"textDocument/{method}", params)
        if self.random.random() < 0.3:
            self.client.notify("$/cancelRequest", {"id": number})

    def opened(self, path: Path) -> str:
        if path not in self.texts:
            self.texts[path] = path.read_text() if path.exists() else self.good[path]
            self.client.open(path, self.texts[path])
        return self.texts[path]

    def variant(self, path: Path) -> str:
        """A text that can be read: the file's own with another digit in it, or with lines that are gone."""
        text = self.good[path]
        digits = [at for at, char in enumerate(text) if char.isascii() and char.isdigit()]
        if digits and self.random.random() < 0.7:
            at = self.random.choice(digits)
            return text[:at] + self.random.choice("1248") + text[at + 1 :]
        return text


def said(diagnostics: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(one, sort_keys=True) for one in diagnostics)


def told(diagnostic: str) -> str:
    """Line, rule and message of a diagnostic as it was sent."""
    one = json.loads(diagnostic)
    return f"line {one['range']['start']['line'] + 1}, {one.get('code')}: {one['message'].partition(chr(10))[0]}"


def position(text: str, offset: int) -> dict[str, int]:
    start = text.rfind("\n", 0, offset) + 1
    return {"line": text.count("\n", 0, offset), "character": len(text[start:offset].encode("utf-16-le")) // 2}


def memory(process: int) -> int:
    """Bytes that the process has in memory."""
    with open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(count: int, seed: int) -> None:
    begun = time.monotonic()
    early = 0
    with tempfile.TemporaryDirectory() as folder, Client(environment={"XDG_CACHE_HOME": f"{folder}/cache"}) as client:
        root = Path(folder).resolve() / "work"
        root.mkdir()
        fuzz = Fuzz(client, root, seed)
        for done in range(0, count, 200):
            fuzz.edits(200)
            fuzz.check()
            if done <= count // 5:
                early = max(early, memory(client.server.pid))
            if done % 5_000 == 0:
                print(
                    f"{done:,} edits, {time.monotonic() - begun:,.0f} s, {memory(client.server.pid) / 1e6:.0f} MB",
                    flush=True,
                )
        late = memory(client.server.pid)
    print(f"{count:,} edits, no difference; {early / 1e6:.0f} MB after a fifth, {late / 1e6:.0f} MB at the end")
    if late > early * 1.1:
        sys.exit("the server has grown")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
