"""A small client of the Language Server Protocol over standard input and output, as tests need one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

PATIENCE = 60.0
"""Seconds; the machine may be busy."""

PUSH = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"publishDiagnostics": {"relatedInformation": True, "versionSupport": True}},
    "workspace": {"workspaceEdit": {"documentChanges": True}, "configuration": True},
    "window": {"workDoneProgress": True, "showDocument": {"support": True}},
}
"""Capabilities of a client to which diagnostics are sent."""
PULL = {
    **PUSH,
    "textDocument": {"diagnostic": {"dynamicRegistration": False}},
    "workspace": {"diagnostics": {"refreshSupport": True}, "workspaceEdit": {"documentChanges": True}},
}
"""Capabilities of one that asks for them."""


class RefusedError(Exception):
    """The server answered with an error."""


class Client:
    def __init__(
        self,
        settings: Any = None,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "dtlint", "lsp"),
    ) -> None:
        self.settings = settings
        self.server = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        self.diagnostics: dict[str, dict[str, Any]] = {}
        """What was published last, by URI."""
        self.heard: list[dict[str, Any]] = []
        """Notifications and requests of the server, diagnostics left out."""
        self.versions: dict[str, int] = {}
        self._answers: dict[int, dict[str, Any]] = {}
        self._number = 0
        self._news = threading.Condition()
        self._sending = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None and self.server.poll() is None:
                self.request("shutdown", None)
                self.notify("exit", None)
                self.server.wait(PATIENCE)
        finally:
            if self.server.poll() is None:
                self.server.kill()
                self.server.wait()
            for stream in (self.server.stdin, self.server.stdout):
                assert stream is not None
                try:
                    stream.close()
                except BrokenPipeError:
                    continue

    # -- what tests say

    def begin(self, *folders: Path, capabilities: Mapping[str, Any] = PUSH, options: Any = None) -> dict[str, Any]:
        named = [{"uri": folder.as_uri(), "name": folder.name} for folder in folders]
        result = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": None,
                "capabilities": capabilities,
                "workspaceFolders": named,
                "initializationOptions": options,
            },
        )
        self.notify("initialized", {})
        return result

    def open(self, path: Path, text: str | None = None) -> str:
        uri = path.as_uri()
        self.versions[uri] = 1
        text = path.read_bytes().decode() if text is None else text
        item = {"uri": uri, "languageId": path.suffix, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return uri

    def change(self, uri: str, *changes: dict[str, Any]) -> None:
        self.versions[uri] = self.versions.get(uri, 0) + 1
        named = {"uri": uri, "version": self.versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": named, "contentChanges": list(changes)})

    def write(self, uri: str, text: str) -> None:
        self.change(uri, {"text": text})

    def close(self, uri: str) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def notify(self, method: str, params: Any) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any, patience: float = PATIENCE) -> Any:
        number = self.ask(method, params)
        self.wait(lambda: number in self._answers, method, patience)
        answer = self._answers.pop(number)
        if "error" in answer:
            raise RefusedError(answer["error"])
        return answer["result"]

    def ask(self, method: str, params: Any) -> int:
        """A request whose answer nobody waits for; its number."""
        self._number += 1
        self._send({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params})
        return self._number

    def answers(self) -> list[dict[str, Any]]:
        """What came for requests that nobody waited for, once."""
        with self._news:
            found, self._answers = list(self._answers.values()), {}
        return found

    def wait(self, holds: Callable[[], Any], what: str = "", patience: float = PATIENCE) -> None:
        end = time.monotonic() + patience
        with self._news:
            while not holds():
                left = end - time.monotonic()
                assert left > 0, f"waited in vain for {what or 'what the test wants'}: {self.diagnostics}"
                assert self.server.poll() is None, "the server has ended"
                self._news.wait(min(left, 0.5))

    def rules(self, uri: str) -> list[str]:
        return sorted(one["code"] for one in self.diagnostics.get(uri, {}).get("diagnostics", ()))

    def current(self, uri: str) -> bool:
        """What was published last speaks of the text that was sent last."""
        return self.diagnostics.get(uri, {}).get("version") == self.versions[uri]

    def expect(self, uri: str, *rules: str) -> list[dict[str, Any]]:
        """Wait until just these are there for the last version of the file."""
        self.wait(lambda: self.current(uri) and self.rules(uri) == sorted(rules), f"{rules} in {uri}")
        found: list[dict[str, Any]] = self.diagnostics[uri]["diagnostics"]
        return found

    # -- what the server says

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.server.stdin is not None
        with self._sending:
            self.server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            self.server.stdin.flush()

    def _read(self) -> None:
        assert self.server.stdout is not None
        while header := self.server.stdout.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = self.server.stdout.readline()
            self._take(json.loads(self.server.stdout.read(length)))

    def _take(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        with self._news:
            if method is None:
                self._answers[message["id"]] = message
            elif method == "textDocument/publishDiagnostics":
                self.diagnostics[message["params"]["uri"]] = message["params"]
            else:
                self.heard.append(message)
            self._news.notify_all()
        if method is not None and "id" in message:
            result = [self.settings] if method == "workspace/configuration" else None
            if method == "window/showDocument":
                result = {"success": True}
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": result})
