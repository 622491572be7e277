"""One thread that keeps the sessions of all folders, so that typing never waits for judging.

What happens in the editor is handed over in order; as soon as nothing more comes for a moment, what it changes is
judged, and given up again where something new comes meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from dtlint.lsp.settings import Settings
from dtlint.lsp.snapshot import Manner, Snapshot
from dtlint.outcome import Report
from dtlint.report import ranks
from dtlint.report.view import View
from dtlint.session import InterruptedSessionError, Session
from dtlint.workspace import locate

log = logging.getLogger(__name__)

PAUSE: Final = 0.01
"""Seconds without an event after which the work begins."""
LONGEST_PAUSE: Final = 0.1
"""Seconds after which it begins although events still come."""

TIDY_EVERY: Final = 32
"""Rounds after which what earlier ones left behind is collected, while nobody waits."""

Progress = Callable[[str, int, int], None]
Event = Callable[[], None]


@dataclass(eq=False, slots=True)
class Home:
    """A folder that is linted as one workspace."""

    root: Path
    session: Session
    lone: bool = False
    """Made for files outside of all folders of the client; only what touches them is shown."""
    dirty: bool = True
    snapshot: Snapshot | None = None


class Desk:
    """`told` is called in the thread of `loop` after each round, `progress` during the first one of a folder."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        told: Callable[[], None],
        progress: Progress,
        failed: Callable[[str], None],
        manner: Manner,
        settings: Settings,
    ) -> None:
        self.snapshots: dict[Path, Snapshot] = {}
        """By the folder; replaced as a whole."""
        self._loop, self._told, self._progress, self._failed = loop, told, progress, failed
        self._manner, self._settings = manner, settings
        self._homes: list[Home] = []
        self._buffers: dict[Path, str] = {}
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._asked = 0
        self._done = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._faults: set[str] = set()
        self._frozen = False
        self._thread = threading.Thread(target=self._run, name="dtlint", daemon=True)
        self._thread.start()

    # -- from the thread of the loop

    def folder(self, root: Path) -> None:
        self._do(lambda: self._add(root))

    def no_folder(self, root: Path) -> None:
        self._do(lambda: self._remove(root))

    def edit(self, path: Path, text: str | None) -> None:
        self._do(lambda: self._edit(path, text))

    def rescan(self) -> None:
        self._do(self._rescan)

    def configure(self, settings: Settings) -> None:
        self._do(lambda: self._configure(settings))

    async def ranks(self, path: Path) -> str:
        """The jobs that a file starts or has a part in, as tables of their processes; empty where there is none."""
        await self.settled()
        future: asyncio.Future[str] = self._loop.create_future()

        def look() -> None:
            text = ""
            try:
                text = self._ranks(path)
            finally:
                self._say(lambda: None if future.done() else future.set_result(text))

        self._do(look)
        return await future

    def stop(self) -> None:
        self._events.put(None)

    async def settled(self, patience: float | None = None) -> None:
        """When all that was handed over so far has been judged, or when the patience (in seconds) ends."""
        if self._done >= self._asked:
            return
        future: asyncio.Future[None] = self._loop.create_future()
        self._waiting.append((self._asked, future))
        try:
            await asyncio.wait_for(future, patience)
        except TimeoutError:
            return

    def snapshot(self, path: Path) -> tuple[Snapshot, str] | None:
        """What is known of the innermost folder that holds the file, and the file's path in it."""
        holding = [root for root in self.snapshots if path.is_relative_to(root)]
        if not holding:
            return None
        root = max(holding, key=lambda each: len(each.parts))
        return self.snapshots[root], path.relative_to(root).as_posix()

    def _do(self, event: Event) -> None:
        self._asked += 1
        self._events.put(event)

    def _settle(self, done: int, snapshots: dict[Path, Snapshot]) -> None:
        self._done = max(self._done, done)
        self.snapshots = snapshots
        self._told()
        waiting = self._waiting
        self._waiting = [(number, future) for number, future in waiting if number > self._done]
        for number, future in waiting:
            if number <= self._done and not future.done():
                future.set_result(None)

    # -- in its own thread

    def _run(self) -> None:
        taken = rounds = 0
        while True:
            events = self._next()
            for event in events:
                if event is None:
                    return
                self._guarded(event)
            taken += len(events)
            try:
                for home in self._homes:
                    if home.dirty:
                        self._judge(home)
            except InterruptedSessionError:
                continue
            rounds += 1
            snapshots = {home.root: home.snapshot for home in self._homes if home.snapshot is not None}
            self._say(partial(self._settle, taken, snapshots))
            if rounds % TIDY_EVERY == 0 and self._events.empty():
                gc.collect()

    def _next(self) -> list[Event | None]:
        """What has happened, when nothing more happens for a moment."""
        events = [self._events.get()]
        end = time.monotonic() + LONGEST_PAUSE
        while (left := end - time.monotonic()) > 0:
            try:
                events.append(self._events.get(timeout=min(PAUSE, left)))
            except queue.Empty:
                break
        return events

    def _judge(self, home: Home) -> None:
        session = home.session
        progress = self._tell if home.snapshot is None else None
        try:
            report = session.report(progress, stop=lambda: not self._events.empty())
            snapshot = Snapshot(session, report, self._settings.lowest, self._manner)
            if home.lone:
                snapshot.touching(session.buffers)
        except InterruptedSessionError:
            raise
        except Exception as fault:
            # Of what is half done nothing must stay, or it would be wrong from now on.
            self._fault(fault)
            home.session = self._session(home.root, session.targets)
            for path in self._buffers:
                self._hand(home, path)
            snapshot = home.snapshot or Snapshot(session, Report(home.root), self._settings.lowest, self._manner)
        if not self._frozen:
            # What was read first lives on: the collector need not go through it again.
            gc.collect()
            gc.freeze()
            self._frozen = True
        home.snapshot, home.dirty = snapshot, False
        if session.fault:
            self._fault_once(session.fault)

    def _tell(self, doing: str, number: int, count: int) -> None:
        self._say(partial(self._progress, doing, number, count))

    def _add(self, root: Path) -> None:
        if root.is_dir() and all(home.root != root or home.lone for home in self._homes):
            self._homes = [home for home in self._homes if home.root != root]
            self._open(root, ("",), lone=False)
            self._homes = [home for home in self._homes if not home.lone or self._needed(home)]

    def _remove(self, root: Path) -> None:
        self._homes = [home for home in self._homes if home.root != root]
        for path in self._buffers:
            self._shelter(path)

    def _open(self, root: Path, targets: tuple[str, ...], lone: bool) -> None:
        home = Home(root, self._session(root, targets), lone)
        self._homes.append(home)
        for path in self._buffers:
            self._hand(home, path)

    def _session(self, root: Path, targets: tuple[str, ...]) -> Session:
        return Session(root, targets=targets, trust=self._settings.trusts(root))

    def _edit(self, path: Path, text: str | None) -> None:
        if text is None:
            self._buffers.pop(path, None)
        else:
            self._buffers[path] = text
            self._shelter(path)
        for home in self._homes:
            self._hand(home, path)
        self._homes = [home for home in self._homes if not home.lone or self._needed(home)]

    def _hand(self, home: Home, path: Path) -> None:
        if path.is_relative_to(home.root):
            home.session.edit(path.relative_to(home.root).as_posix(), self._buffers.get(path))
            home.dirty = True

    def _shelter(self, path: Path) -> None:
        """Make a home for a file that lies in no folder of the client: the project around, else what lies nearest."""
        if any(path.is_relative_to(home.root) for home in self._homes) or not path.is_file():
            return
        located = locate([path])
        self._open(located.root, located.targets, lone=True)

    def _needed(self, home: Home) -> bool:
        return any(
            path.is_relative_to(home.root)
            and not any(path.is_relative_to(other.root) for other in self._homes if not other.lone)
            for path in self._buffers
        )

    def _ranks(self, path: Path) -> str:
        holding = [home for home in self._homes if path.is_relative_to(home.root)]
        if not holding:
            return ""
        home = max(holding, key=lambda each: len(each.root.parts))
        session = home.session
        view = View(Report(home.root, sources=session.workspace.source))
        jobs = [ranks.job(run, run.root) for run in session.jobs(path.relative_to(home.root).as_posix())]
        return ranks.text(jobs, view.place, color=False) if jobs else ""

    def _rescan(self) -> None:
        for home in self._homes:
            if home.root.is_dir():
                home.session.rescan()
                home.dirty = True

    def _configure(self, settings: Settings) -> None:
        self._settings = settings
        for home in self._homes:
            home.session.distrust(settings.trusts(home.root))
            home.dirty = True

    # -- what goes wrong

    def _guarded(self, event: Event) -> None:
        try:
            event()
        except Exception as fault:
            self._fault(fault)

    def _fault(self, fault: Exception) -> None:
        log.error("dtlint failed", exc_info=fault)
        self._fault_once(f"dtlint itself failed, please report it: {type(fault).__name__}: {fault}")

    def _fault_once(self, message: str) -> None:
        if message not in self._faults:
            self._faults.add(message)
            self._say(partial(self._failed, message))

    def _say(self, call: Event) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            return  # the loop is closed: nobody listens any more
