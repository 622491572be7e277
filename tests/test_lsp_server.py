"""The language server under a real client: what editors show, live across files, and what they offer to do."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from lsp_client import PATIENCE, PULL, PUSH, Client, RefusedError

from dtlint.lsp.addresses import path_of

JOB = Path(__file__).parent.parent / "fixtures" / "broken" / "pretrain"
RULE = '''"""Says something of each launch, and mends it by a comment."""

from dtlint.fix import Edit
from dtlint.job.launch import Launch
from dtlint.rule import Finding
from dtlint.source import Span
from dtlint.value import TRUE


def check(launch: Launch):
    print("what a rule prints must not reach the client")
    at = Span(launch.at.path, 0, 0)
    text = "#!/bin/bash\\n"
    yield Finding(TRUE, launch, edits=[Edit(Span(launch.at.path, 0, len(text)), "#!/bin/sh\\n")])
'''
CARD = """---
title: The script names bash
severity: warning
message: "the script names bash"
symptoms: [setup/failure]
fix_pattern: communication-configuration
evidence: ["https://example.org/thread"]
fix: {title: name sh, safety: safe}
---
## Why

Because the site says so.
"""

Start = Callable[..., AbstractContextManager[Client]]


@pytest.fixture
def job(tmp_path: Path) -> Path:
    root = (tmp_path / "work").resolve()
    shutil.copytree(JOB, root / "job")
    return root


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with Client(environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as started:
        yield started


def range_of(text: str, part: str) -> dict[str, Any]:
    """Of a part that the text has once, in an ASCII text."""
    at = text.index(part)
    line, column = text.count("\n", 0, at), at - text.rfind("\n", 0, at) - 1
    return {"start": {"line": line, "character": column}, "end": {"line": line, "character": column + len(part)}}


def test_diagnostics_show_both_places_and_follow_edits_in_other_files(client: Client, job: Path) -> None:
    client.begin(job)
    script = client.open(job / "job" / "job.sbatch")
    config = client.open(job / "job" / "ds.json")
    client.wait(lambda: client.current(config) and client.rules(config))
    batch = next(one for one in client.diagnostics[config]["diagnostics"] if one["code"] == "batch-sizes-disagree")
    assert batch["source"] == "dtlint"
    assert batch["severity"] == 1
    assert batch["codeDescription"]["href"].startswith("file:///")
    assert batch["codeDescription"]["href"].endswith("batch_sizes_disagree.md")
    related = {one["location"]["uri"].rpartition("/")[2] for one in batch["relatedInformation"]}
    assert related == {"ds.json", "job.sbatch", "env.sh"}
    # Files that are not open are reported too.
    closed = (job / "job" / "env.sh").as_uri()
    client.wait(lambda: client.rules(closed) == ["loopback-interface"])

    # The mistake is mended in another file, then in this one, and nobody has saved anything.
    text = (job / "job" / "job.sbatch").read_text()
    client.write(script, text.replace("#SBATCH --nodes=2", "#SBATCH --nodes=1"))
    client.wait(lambda: "batch-sizes-disagree" not in client.rules(config))
    client.write(script, text)
    client.wait(lambda: "batch-sizes-disagree" in client.rules(config))
    client.change(config, {"range": range_of((job / "job" / "ds.json").read_text(), "256"), "text": "512"})
    client.expect(config, "fp16-and-bf16")

    # Closed unsaved, the disk counts again.
    client.close(config)
    client.wait(lambda: client.rules(config) == ["batch-sizes-disagree", "fp16-and-bf16"])

    # What changes on the disk is seen when the client says so; a file that goes takes its findings along.
    (job / "job" / "ds.json").write_text((job / "job" / "ds.json").read_text().replace("256", "512"))
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": config, "type": 2}]})
    client.wait(lambda: client.rules(config) == ["fp16-and-bf16"])
    (job / "job" / "ds.json").rename(job / "job" / "other.json")
    client.notify(
        "workspace/didRenameFiles", {"files": [{"oldUri": config, "newUri": (job / "job" / "other.json").as_uri()}]}
    )
    client.wait(lambda: client.rules(config) == [])


def test_launches_are_explained_where_they_stand(client: Client, job: Path) -> None:
    client.begin(job)
    script = client.open(job / "job" / "job.sbatch")
    text = (job / "job" / "job.sbatch").read_text()
    named = {"textDocument": {"uri": script}}
    (lens,) = client.request("textDocument/codeLens", named)
    assert lens["command"]["title"] == "2 nodes × 8 processes = 16 ranks"
    chosen = {key: lens["command"][key] for key in ("command", "arguments")}
    assert client.request("workspace/executeCommand", chosen) is True
    (told,) = [one["params"]["uri"] for one in client.heard if one["method"] == "window/showDocument"]
    table = path_of(told)
    assert table is not None
    assert "given to more than one process: rank 0, 1, 7" in table.read_text(encoding="utf-8")
    other = {"command": "dtlint.ranks", "arguments": [(job / "job" / "none.sh").as_uri()]}
    assert client.request("workspace/executeCommand", other) is False
    links = {
        one["target"].rpartition("/")[2]: one["range"] for one in client.request("textDocument/documentLink", named)
    }
    assert links == {"train.py": range_of(text, "train.py"), "ds.json": range_of(text, "ds.json")}
    shown = client.request("textDocument/hover", {**named, "position": range_of(text, "--nproc_per_node")["start"]})[
        "contents"
    ]["value"]
    word, launch, *_ = shown.split("\n\n")
    assert word.startswith("`--nproc_per_node=$PROCS`: `--nproc_per_node=8`, from [`PROCS=8`](file:///")
    assert word.endswith("/job/env.sh#L2) (job/env.sh:2)")
    assert launch == "**torchrun**: 2 nodes × 8 processes = 16 ranks"
    assert client.request("textDocument/inlayHint", {**named, "range": range_of(text, "torchrun")}) == []
    config = client.open(job / "job" / "ds.json")
    at = range_of((job / "job" / "ds.json").read_text(), "256")
    shown = client.request("textDocument/hover", {"textDocument": {"uri": config}, "position": at["start"]})
    assert shown["range"] == at
    first, second = shown["contents"]["value"].split("  \n")
    assert first.startswith("`global batch`: `256`, from ")
    assert second == "8 samples × 4 micro batches × 16 data parallel processes = 512 samples in an optimizer step"


def test_variables_of_launches_are_resolved_where_the_user_wants_that(job: Path, tmp_path: Path) -> None:
    with Client({"inlayHints": True}, {"XDG_CACHE_HOME": str(tmp_path / "cache")}) as client:
        client.begin(job)
        script = client.open(job / "job" / "job.sbatch")
        text = (job / "job" / "job.sbatch").read_text()
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 30, "character": 0}}
        found = client.request("textDocument/inlayHint", {"textDocument": {"uri": script}, "range": whole})
        hints = {hint["label"]: hint["position"] for hint in found}
        assert hints["= 8"] == range_of(text, "--nproc_per_node=$PROCS")["end"]
        assert "2 nodes × 8 processes = 16 ranks" in hints
        half = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
        assert client.request("textDocument/inlayHint", {"textDocument": {"uri": script}, "range": half}) == []


def test_a_finding_is_suppressed_with_a_reason_and_the_rule_named_there_is_explained(client: Client, job: Path) -> None:
    client.begin(job)
    script = client.open(job / "job" / "job.sbatch")
    text = (job / "job" / "job.sbatch").read_text()
    client.wait(lambda: client.current(script) and "procs-exceed-gpus" in client.rules(script))
    before = client.rules(script)
    asked = {
        "textDocument": {"uri": script},
        "range": range_of(text, "--nproc_per_node=$PROCS"),
        "context": {"diagnostics": []},
    }
    offered = client.request("textDocument/codeAction", asked)
    suppress = next(one for one in offered if one["title"].startswith("Suppress procs-exceed-gpus"))
    (change,) = suppress["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": script, "version": 1}
    (edit,) = change["edits"]
    client.change(script, {"range": edit["range"], "text": edit["newText"]})
    # The command goes over several lines, and the comment counts for all of them.
    client.wait(
        lambda: client.current(script) and client.rules(script) == [r for r in before if r != "procs-exceed-gpus"]
    )
    line = edit["range"]["start"]["line"]
    inside = {"line": line, "character": edit["newText"].index("exceed")}
    shown = client.request("textDocument/hover", {"textDocument": {"uri": script}, "position": inside})
    assert shown["contents"]["value"].startswith("**procs-exceed-gpus**: ")
    proposed = client.request("textDocument/completion", {"textDocument": {"uri": script}, "position": inside})
    assert "port-out-of-range" in {item["label"] for item in proposed["items"]}
    outside = {"line": 0, "character": 0}
    assert not client.request("textDocument/completion", {"textDocument": {"uri": script}, "position": outside})[
        "items"
    ]
    explain = next(one for one in offered if one["title"] == "Explain procs-exceed-gpus")["command"]
    assert client.request("workspace/executeCommand", {key: explain[key] for key in ("command", "arguments")}) is True


def site_rule(root: Path) -> None:
    folder = root / ".dtlint" / "rules" / "site"
    folder.mkdir(parents=True)
    (folder / "bash_not_sh.py").write_text(RULE)
    (folder / "bash_not_sh.md").write_text(CARD)


@pytest.mark.parametrize("trust", [False, True])
def test_rules_of_the_site_run_only_where_the_user_trusts_the_workspace(tmp_path: Path, trust: bool) -> None:
    root = (tmp_path / "work").resolve()
    root.mkdir()
    (root / "run.sh").write_text("#!/bin/bash\ntorchrun --nproc_per_node=2 train.py\n")
    (root / "train.py").write_text("print(1)\n")
    site_rule(root)
    with Client({"trust": [str(tmp_path)] if trust else False}, {"XDG_CACHE_HOME": str(tmp_path / "cache")}) as client:
        client.begin(root)
        script = client.open(root / "run.sh")
        client.expect(script, *(["bash-not-sh"] if trust else []))
        if not trust:
            return
        (found,) = client.diagnostics[script]["diagnostics"]
        assert found["data"]["safe"] is True
        asked = {"textDocument": {"uri": script}, "range": found["range"], "context": {"diagnostics": [found]}}
        (mend, *_) = client.request("textDocument/codeAction", asked)
        assert mend["title"] == "name sh"
        assert mend["isPreferred"] is True
        everything = {**asked, "context": {"diagnostics": [], "only": ["source.fixAll"]}}
        (all_safe,) = client.request("textDocument/codeAction", everything)
        assert all_safe["kind"] == "source.fixAll.dtlint"
        assert all_safe["edit"] == mend["edit"]
        (edit,) = mend["edit"]["documentChanges"][0]["edits"]
        assert edit["newText"] == "#!/bin/sh\n"


def test_the_first_look_tells_how_far_it_is_and_a_rule_that_fails_is_named_once(job: Path, tmp_path: Path) -> None:
    site_rule(job)
    failing = job / ".dtlint" / "rules" / "site" / "bash_not_sh.py"
    failing.write_text(RULE.replace("    yield", "    raise RuntimeError('oh')\n    yield"))
    with Client({"trust": True}, {"XDG_CACHE_HOME": str(tmp_path / "cache")}) as client:
        client.begin(job)
        config = client.open(job / "job" / "ds.json")
        client.expect(config, "batch-sizes-disagree", "fp16-and-bf16")
        kinds = [one["params"]["value"]["kind"] for one in client.heard if one["method"] == "$/progress"]
        assert (kinds[0], kinds[-1]) == ("begin", "end")
        client.write(config, "{}")
        client.expect(config)
        told = [one for sent in client.diagnostics.values() for one in sent["diagnostics"] if one["code"] == "problem"]
        assert len(told) == 1
        assert "bash-not-sh" in told[0]["message"]


def test_settings_count_as_soon_as_they_change(job: Path, tmp_path: Path) -> None:
    with Client({"severity": "error"}, {"XDG_CACHE_HOME": str(tmp_path / "cache")}) as client:
        client.begin(job)
        script = client.open(job / "job" / "train.py")
        client.expect(script, "ranks-write-one-file")
        client.settings = {"severity": "warning", "codeLens": False}
        client.notify("workspace/didChangeConfiguration", {"settings": None})
        client.expect(script, "ranks-write-one-file", "sampler-epoch-never-set")
        launcher = {"textDocument": {"uri": (job / "job" / "job.sbatch").as_uri()}}
        assert client.request("textDocument/codeLens", launcher) == []


@pytest.mark.parametrize(
    ("name", "line", "proposed"),
    [
        ("pyproject.toml", 'tool.dtlint]\nignore = ["', True),
        ("dtlint.toml", 'per-path-ignores]\n"old/**" = ["port-', True),
        ("pyproject.toml", 'tool.ruff]\nignore = ["', False),
        ("dtlint.toml", "tool]\nignore = [", False),
    ],
)
def test_names_of_rules_are_proposed_in_the_configuration(
    client: Client, job: Path, name: str, line: str, proposed: bool
) -> None:
    client.begin(job)
    text = f"[{line}"
    config = client.open(job / name, text)
    client.expect(config)
    at = {"line": 1, "character": len(text.rpartition("\n")[2])}
    found = client.request("textDocument/completion", {"textDocument": {"uri": config}, "position": at})["items"]
    assert ({"port-out-of-range", "launch"} <= {item["label"] for item in found}) is proposed


def test_it_serves_a_port_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "dtlint", "lsp", "--tcp", str(port)])
    try:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
                break
            except ConnectionRefusedError:
                assert time.monotonic() < end
                time.sleep(0.05)
        with connection, connection.makefile("rwb") as stream:
            asked = {"processId": None, "rootUri": None, "capabilities": {}}
            for message in (
                {"id": 1, "method": "initialize", "params": asked},
                {"id": 2, "method": "shutdown"},
                {"method": "exit"},
            ):
                body = json.dumps({"jsonrpc": "2.0", **message}).encode()
                stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                stream.flush()
            assert b'"serverInfo"' in stream.read()
        assert server.wait(PATIENCE) == 0
    finally:
        server.kill()
        server.wait()


def test_broken_syntax_keeps_what_was_known_and_says_so_once(client: Client, job: Path) -> None:
    client.begin(job)
    script = client.open(job / "job" / "train.py")
    client.wait(lambda: client.current(script) and client.rules(script))
    before = {one["code"]: one["range"] for one in client.diagnostics[script]["diagnostics"]}
    text = (job / "job" / "train.py").read_text()
    # A line too much at the top, with a parenthesis that nobody closes.
    client.write(script, "print(\n" + text)
    client.expect(script, "problem", *before)
    for one in client.diagnostics[script]["diagnostics"]:
        if one["code"] == "problem":
            assert one["severity"] == 3
        else:
            # What was found moves with the lines below.
            assert one["range"]["start"]["line"] == before[one["code"]]["start"]["line"] + 1
    client.write(script, "print()\n" + text)
    client.expect(script, *before)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_columns_are_counted_as_the_client_counts(tmp_path: Path, encoding: str) -> None:
    root = (tmp_path / "wörk 模").resolve()
    shutil.copytree(JOB, root)
    text = '{"模𝕏é": 0, "train_batch_size": 256, "train_micro_batch_size_per_gpu": 8, "gradient_accumulation_steps": 4}'
    (root / "ds.json").write_text(text, encoding="utf-8")
    units = {"utf-8": lambda s: len(s.encode()), "utf-16": lambda s: len(s.encode("utf-16-le")) // 2, "utf-32": len}
    count = units[encoding]
    capabilities = {**PUSH, "general": {"positionEncodings": [encoding, "utf-16"]}}
    with Client(environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as client:
        told = client.begin(root, capabilities=capabilities)
        assert told["capabilities"]["positionEncoding"] == encoding
        config = client.open(root / "ds.json")
        (found,) = client.expect(config, "batch-sizes-disagree")
        start = count(text[: text.index("256")])
        assert found["range"] == {"start": {"line": 0, "character": start}, "end": {"line": 0, "character": start + 3}}
        # What the client deletes lies where it says.
        client.change(
            config,
            {
                "range": {"start": {"line": 0, "character": 1}, "end": {"line": 0, "character": count('{"模𝕏é": 0, ')}},
                "text": "",
            },
            {
                "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}},
                "text": "\r\n𝕏\n"[:2],
            },
        )
        (found,) = client.expect(config, "batch-sizes-disagree")
        assert found["range"]["start"] == {"line": 1, "character": len('{"train_batch_size": ')}


def test_a_client_may_ask_for_diagnostics(tmp_path: Path, job: Path) -> None:
    with Client(environment={"XDG_CACHE_HOME": str(tmp_path / "cache")}) as client:
        told = client.begin(job, capabilities=PULL)
        assert told["capabilities"]["diagnosticProvider"]["interFileDependencies"] is True
        config = client.open(job / "job" / "ds.json")
        named = {"textDocument": {"uri": config}}
        first = client.request("textDocument/diagnostic", named)
        assert first["kind"] == "full"
        assert sorted(one["code"] for one in first["items"]) == ["batch-sizes-disagree", "fp16-and-bf16"]
        again = client.request("textDocument/diagnostic", {**named, "previousResultId": first["resultId"]})
        assert again == {"kind": "unchanged", "resultId": first["resultId"]}
        every = client.request("workspace/diagnostic", {"previousResultIds": []})
        assert (job / "job" / "env.sh").as_uri() in {one["uri"] for one in every["items"]}
        heard = len(client.heard)
        client.write(config, "{}")
        client.wait(lambda: any(one["method"] == "workspace/diagnostic/refresh" for one in client.heard[heard:]))
        assert client.request("textDocument/diagnostic", named)["items"] == []
        # Nothing is said twice.
        assert not client.diagnostics


def test_folders_come_and_go_and_files_outside_of_them_are_judged_too(
    client: Client, job: Path, tmp_path: Path
) -> None:
    other = (tmp_path / "other").resolve()
    shutil.copytree(JOB, other)
    alone = (tmp_path / "alone").resolve()
    shutil.copytree(JOB, alone)
    client.begin(job)
    inner = (job / "job" / "ds.json").as_uri()
    client.wait(lambda: client.rules(inner))
    event = {"added": [{"uri": other.as_uri(), "name": "other"}], "removed": [{"uri": job.as_uri(), "name": "work"}]}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    client.wait(lambda: client.rules((other / "ds.json").as_uri()))
    client.wait(lambda: not client.rules(inner))
    # No project is around this one: it is looked at alone, with what it names.
    script = client.open(alone / "job.sbatch")
    client.wait(lambda: "procs-exceed-gpus" in client.rules(script))
    untitled = {"uri": "untitled:Untitled-1", "languageId": "python", "version": 1, "text": "import torch\n"}
    client.notify("textDocument/didOpen", {"textDocument": untitled})
    assert (
        client.request(
            "textDocument/hover",
            {"textDocument": {"uri": "untitled:Untitled-1"}, "position": {"line": 0, "character": 0}},
        )
        is None
    )
    client.close(script)
    client.wait(lambda: not client.rules(script))


def test_a_wrong_configuration_is_said_and_the_old_one_holds(client: Client, job: Path) -> None:
    config = job / "dtlint.toml"
    config.write_text('ignore = ["fp16-and-bf16"]\n')
    client.begin(job)
    found = (job / "job" / "ds.json").as_uri()
    client.wait(lambda: client.rules(found) == ["batch-sizes-disagree"])
    config.write_text("ignore = 3\n")
    changed = {"changes": [{"uri": config.as_uri(), "type": 2}]}
    client.notify("workspace/didChangeWatchedFiles", changed)
    client.wait(
        lambda: any(
            "ignore" in json.dumps(one["params"]) for one in client.heard if one["method"] == "window/showMessage"
        )
    )
    assert client.rules(found) == ["batch-sizes-disagree"]
    config.unlink()
    client.notify("workspace/didChangeWatchedFiles", changed)
    client.wait(lambda: client.rules(found) == ["batch-sizes-disagree", "fp16-and-bf16"])


def test_messages_at_the_wrong_time_or_of_the_wrong_form_are_refused(client: Client, job: Path) -> None:
    with pytest.raises(RefusedError, match="-32002"):
        client.request(
            "textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}}
        )
    client.notify(
        "textDocument/didOpen", {"textDocument": {"uri": "file:///x", "languageId": "", "version": 1, "text": ""}}
    )
    client.notify("$/unknown", {})
    client.begin(job)
    with pytest.raises(RefusedError, match="-32600"):
        client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    with pytest.raises(RefusedError, match="-32601"):
        client.request("no/such", {})
    with pytest.raises(RefusedError, match="-3260"):
        client.request("textDocument/hover", {"textDocument": 3})
    client.change("file:///never/opened", {"text": "x"})
    client.close("file:///never/opened")
    for uri in ("file:///%00", "http://[", "file:relative", "file:///no/such/folder/x.py", "", "git:/x?{}"):
        client.notify(
            "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "", "version": 1, "text": "{"}}
        )
        client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    config = client.open(job / "job" / "ds.json")
    far = {"start": {"line": 900, "character": 900}, "end": {"line": 3, "character": 900}}
    client.change(config, {"range": far, "text": ""}, {"text": (job / "job" / "ds.json").read_text()})
    client.expect(config, "batch-sizes-disagree", "fp16-and-bf16")
