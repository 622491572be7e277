"""From programs to runs: each file that starts something is run on paper, and what it starts in turn."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from dtlint.facts.shell import ShellProgram
from dtlint.job.launch import Child, Launch
from dtlint.job.process import Process
from dtlint.job.run import Run, Setting, Written
from dtlint.job.site import Cluster, Site
from dtlint.job.visibility import MASKS
from dtlint.record import record
from dtlint.run import estimators, starters
from dtlint.run.environment import Environment
from dtlint.run.files import Files
from dtlint.run.host import Host, unknown_host
from dtlint.run.script import run_script
from dtlint.run.shell import Context, Outcome, execute, run_text
from dtlint.run.shell.nested import nested
from dtlint.run.word import Exec, Word, plain, valued
from dtlint.run.written import hosts_in
from dtlint.source import Span
from dtlint.tools import batch_header, dgl, grid_engine, lsf, make, pbs, slurm
from dtlint.tools.manifests import registry as manifests
from dtlint.tools.manifests.beside import beside, documents
from dtlint.tools.registry import find
from dtlint.tools.shells import ShellCommand, read_python, read_shell, remote_shell
from dtlint.value import How, Value, absent, known, unknown

DEEPEST: Final = 12
"""Launchers within launchers within scripts: beyond this nothing is followed."""

MOST_CALLERS: Final = 16
"""Submissions of one batch script that are judged apart."""

MOST_COMMANDS: Final = 2000
"""Commands of one run that are looked at."""


@record
class Task:
    """Where a command stands: who started it, and what is at hand there."""

    site: Site
    parent: Launch | None = None
    node: int = 0
    local: int = 0
    depth: int = 0
    script: str | None = None
    """The shell script that it is a command of."""
    within: Exec | None = None
    """The command that started that shell."""
    presumed: tuple[str, ...] = ()
    """Presumptions on the way here, in words."""


@dataclass(slots=True)
class Linker:
    """Builds the runs of a workspace."""

    files: Files
    cluster: Cluster
    assumed: dict[str, Value] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    """Shell scripts and Python scripts that something in the workspace starts or sources."""
    submitted: dict[str, dict[tuple[object, ...], Exec]] = field(default_factory=dict)
    """Batch scripts with the different `sbatch` commands that submit them."""
    texts: dict[tuple[object, ...], tuple[Exec, Word]] = field(default_factory=dict)
    """`sbatch` commands that hold the batch script themselves, with its text."""
    inherited: Mapping[str, Value] | None = None
    """All variables that a script finds which is started by hand here and now; None where nobody knows them."""

    def shell_run(self, path: str, submitted: Exec | None = None) -> Run:
        """The run that begins with a shell script, submitted by `sbatch` if it has a header."""
        program = self.files.shell(path)
        run = Run(path)
        if program is None:
            return run
        run.files.add(path)
        requests = slurm.requests(program, submitted)
        if requests is None:
            if not self._scheduled(run, path, program):
                self._by_hand(run, path)
            return run
        scope = (path, submitted.at if submitted else None)
        at = batch_header.at(program, "#SBATCH", path)
        environment, host, task = self._batch(run, program, requests, submitted, at, scope)
        arguments = slurm.script_arguments(submitted) if submitted is not None else None
        self._script(run, path, environment, host, arguments, task, scope, known("."))
        return run

    def text_run(self, path: str, submitted: Exec, text: Word) -> Run:
        """The run of a batch script that stands in the command which submits it."""
        run = Run(path)
        run.files.add(path)
        inner = nested(text)
        requests = slurm.requests(inner.program, submitted, inner.by_character) if inner is not None else None
        if inner is None or requests is None:
            return run
        scope = (path, submitted.at, "text")
        header = batch_header.at(inner.program, "#SBATCH", path)
        at = header if header.end else submitted.at
        environment, host, task = self._batch(run, inner.program, requests, submitted, at, scope)
        context = self._context(environment, host, (), path, task, scope, submitted.directory)
        self._outcome(run, run_text(text, context), task)
        return run

    def _batch(
        self,
        run: Run,
        program: ShellProgram,
        requests: list[slurm.Request],
        submitted: Exec | None,
        at: Span,
        scope: object,
    ) -> tuple[Environment, Host, Task]:
        """What Slurm grants to a batch script; what the script finds there, on which host, and where it stands."""
        site = Site(self.files, self.cluster, ())
        allocation = slurm.granted(requests, at, site, scope)
        run.allocation = allocation
        allocation.header, allocation.unread = requests[0].header, batch_header.unread(program, "#SBATCH")
        environment = Environment(
            slurm.batch_environment(allocation, requests[0]), scope=scope, closed=True, assumed=self.assumed
        )
        if submitted is not None:
            environment = slurm.submitted_environment(submitted.environment, environment)
        host = allocation.hosts[0] if allocation.hosts else unknown_host(0, scope)
        return environment, host, Task(site.within(allocation))

    def _scheduled(self, run: Run, path: str, program: ShellProgram) -> bool:
        """Start a script with a header of another scheduler than Slurm on the first host of its job."""
        site = Site(self.files, self.cluster, ())
        answers = (scheduler.granted(program, path, site, path) for scheduler in (pbs, lsf, grid_engine))
        found = next((answer for answer in answers if answer is not None), None)
        if found is None:
            return False
        run.allocation, variables = found
        environment = Environment(variables, scope=path, closed=True, assumed=self.assumed)
        host = run.allocation.hosts[0] if run.allocation.hosts else unknown_host(0, path)
        self._script(run, path, environment, host, None, Task(site.within(run.allocation)), path, known("."))
        return True

    def manifest_run(self, path: str) -> Run:
        """The run that begins with a manifest: all documents of the file, which are applied together."""
        run = Run(path)
        run.files.add(path)
        source = self.files.source(path)
        own = documents(path, self.files)
        run.documents = (*own, *beside(path, self.files))
        for one in own:
            manifest = manifests.reader(one)
            if manifest is None or source is None:
                continue
            site = Site(self.files, self.cluster, (), assumed=self.assumed, documents=run.documents)
            workload = manifest.read(one, site, source)
            if workload is None:
                continue
            run.workloads.append(workload)
            run.complete &= all(
                one.command is not None for group in workload.groups if not group.waits for one in group.containers[:1]
            )
            for launch in (workload.launch, *workload.others):
                if launch is not None:
                    self._launch(run, launch, Task(site))
        return run

    def submission_run(self, path: str) -> Run:
        """The jobs that a Python script or a notebook submits to a cloud's service."""
        run = Run(path)
        run.files.add(path)
        site = Site(self.files, self.cluster, (), assumed=self.assumed)
        for event in estimators.submitted(run_script(path, estimators.context(path, self.files))):
            launch = estimators.launch(event, path, self.files, site)
            if launch is not None:
                hosts = tuple(child.host for child in launch.children)
                self._launch(run, launch, Task(replace(site, hosts=hosts)))
        return run

    def starter_run(self, path: str) -> Run:
        """The jobs that a Python script starts on the host where somebody starts it by hand."""
        run = Run(path)
        run.files.add(path)
        environment, host = self._terminal(path, 0, (path, "host", 0))
        context = replace(estimators.context(path, self.files), host=host, directory=known("."))
        done = run_script(path, context)
        run.files.update(done.modules)
        run.complete = done.complete
        for exec in starters.started(done, environment, host, known(".")):
            self.follow(run, exec, 0)
        return run

    def configuration_run(self, path: str) -> Run:
        """The run of a configuration for accelerate that no command names: somebody launches a script with it, on each
        host if it means several (presumptions 2 and 7)."""
        run = Run(path)
        run.files.add(path)
        self._on_each_host(run, self._configured)
        return run

    def made_run(self, path: str, target: str) -> Run:
        """The run of one target of a makefile, which somebody makes in its folder, on each host if it means several
        (presumption 2)."""
        run = Run(path, target=target, identity=f"make {target}")
        run.files.add(path)
        self._on_each_host(run, self._made)
        return run

    def _on_each_host(self, run: Run, start: Callable[[Run, int, bool], None]) -> None:
        """Start it on one host, or by hand on each where it means several."""
        start(run, 0, False)
        if any(started_per_host(launch) for launch in run.launches):
            run.clear()
            for index in (0, 1):
                start(run, index, True)

    def _made(self, run: Run, index: int, by_hand: bool) -> None:
        """Make the target on host `index`."""
        at = Span(run.root, 0, 0)
        folder, _, name = run.root.rpartition("/")
        environment, host = self._terminal(run.root, index, (run.root, "host", index))
        words = tuple(plain(word, at) for word in ("make", "-f", name, run.target))
        self.follow(run, Exec(words, environment, known(folder or "."), at, host), index, by_hand)

    def _configured(self, run: Run, index: int, by_hand: bool) -> None:
        """Launch a script that nobody knows with the configuration that is the run's root, on host `index`."""
        document = self.files.document(run.root)
        if document is None or not document.roots:
            return
        at = document.roots[0].at
        environment, host = self._terminal(run.root, index, (run.root, "host", index))
        script = valued(unknown("the script", key=("configured", run.root)), at)
        words = (*(plain(word, at) for word in ("accelerate", "launch", "--config_file", run.root)), script)
        self.follow(run, Exec(words, environment, known("."), at, host), index, by_hand)

    def _by_hand(self, run: Run, path: str) -> None:
        """A script that somebody starts in a terminal, on each host if it means several (presumption 2)."""
        self.on_host(run, path, 0)
        waiting = [launch for launch in run.launches if started_per_host(launch)]
        # Several containers of one machine may be all of its nodes.
        if waiting and all(launch.host.is_(waiting[0].host) for launch in waiting):
            named = waiting[0].node_rank
            literal = all(step.how in (How.OPTION, How.WRITTEN) for step in named.trail)
            # What a preflight finds in its environment is the number of this very host.
            written = named.integer if literal or self.inherited is not None else None
            run.clear()
            for index in (0, 1):
                self.on_host(run, path, index, by_hand=True)
            for launch in run.launches:
                launch.written_rank = written

    def on_host(self, run: Run, path: str, index: int, by_hand: bool = False) -> None:
        """Start the script at `path` by hand on host `index`; with `by_hand` the same is done on others."""
        scope = (path, "host", index)
        environment, host = self._terminal(run.root, index, scope)
        site = Site(self.files, self.cluster, (host,), by_hand=by_hand)
        if self.inherited is not None and index == 0:
            for name, value in self.inherited.items():
                run.settings.append(Setting(name, value, value.trail[0].at, exported=True, run=run))
        before = len(run.launches)
        self._script(run, path, environment, host, None, Task(site, node=index), scope, known("."))
        for launch in run.launches[before:]:
            launch.per_host_copies = by_hand

    def _terminal(self, path: str, index: int, scope: object) -> tuple[Environment, Host]:
        """What a shell finds on host `index`, and that host."""
        # Such a script may itself be called from a batch job or a pod, whose variables nobody sees here; but no
        # launcher that starts shells sets these two.
        variables = {"LOCAL_RANK": absent(), "LOCAL_WORLD_SIZE": absent()}
        environment = Environment(variables, scope=scope, closed=False, assumed=self.assumed)
        if self.inherited is not None and index == 0:
            # Only of this host: what its terminal has, that of another one need not have.
            environment = Environment(self.inherited, scope=scope, whole=True)
        return environment, with_cluster(unknown_host(index, path), self.cluster)

    def typed(self, text: Word, path: str, folder: str, index: int) -> tuple[tuple[Exec, ...], str | None] | None:
        """The commands of a text of the document at `path` that somebody types on host `index`, standing in `folder`,
        and the folder where they stand then; None for a text that is no shell."""
        inner = nested(text)
        if inner is None or inner.program.problems:
            return None
        scope = (path, "host", index)
        environment, host = self._terminal(path, index, scope)
        site = Site(self.files, self.cluster, (host,))
        context = self._context(environment, host, (), path, Task(site, node=index), scope, known(folder or "."))
        outcome = execute(inner.program, replace(context, holes=inner.holes, nested=True, steps=inner.steps))
        return outcome.execs, outcome.directory.string

    def follow(self, run: Run, exec: Exec, index: int, by_hand: bool = False) -> None:
        """Follow one command that was typed on host `index`; with `by_hand` the same is done on others."""
        site = Site(self.files, self.cluster, (exec.host,), by_hand=by_hand)
        before = len(run.launches)
        self.start(run, exec, Task(site, node=index))
        for launch in run.launches[before:]:
            launch.per_host_copies = by_hand

    # -- shells

    def _script(
        self,
        run: Run,
        path: str,
        environment: Environment,
        host: Host,
        arguments: tuple[Word, ...] | None,
        task: Task,
        scope: object,
        directory: Value,
    ) -> None:
        program = self.files.shell(path)
        if program is None or task.depth > DEEPEST:
            return
        run.files.add(path)
        context = self._context(environment, host, arguments, path, task, scope, directory)
        self._outcome(run, execute(program, context), replace(task, script=path))

    def _context(
        self,
        environment: Environment,
        host: Host,
        arguments: tuple[Word, ...] | None,
        path: str,
        task: Task,
        scope: object,
        directory: Value,
    ) -> Context:
        allocation = task.site.allocation
        return Context(
            environment=environment,
            arguments=arguments,
            name=path,
            directory=directory,
            host=host,
            files=self.files,
            scope=scope,
            node_names=slurm.node_names(allocation) if allocation is not None else None,
            first_node=allocation.hosts[0].name if allocation is not None and allocation.hosts else None,
        )

    def _outcome(self, run: Run, outcome: Outcome, task: Task) -> None:
        for assigned in outcome.sets:
            run.settings.append(Setting(assigned.name, assigned.value, assigned.at, assigned.exported, run))
        unsure = [one.path for one in outcome.written if one.branches and one.path.string is not None]
        sure = (one for one in outcome.written if not any(one.path.same(path) for path in unsure))
        run.written += (Written(one.path, one.text) for one in sure)
        task = replace(task, site=replace(task.site, hosts_written=partial(hosts_in, run.written)))
        run.files.update(outcome.sourced)
        run.wanted.update(outcome.wanted)
        self.called.update(outcome.sourced)
        for exec in outcome.execs:
            if len(run.commands) >= MOST_COMMANDS:
                run.complete = False
                return
            self.start(run, replace(exec, within=task.within), task)

    # -- commands

    def start(self, run: Run, exec: Exec, task: Task) -> None:
        """Follow one command to the processes that it starts."""
        if not exec.argv or task.depth > DEEPEST:
            return
        run.commands.append(exec)
        name = exec.argv[0].string
        if name is None:
            self._prefixed(run, exec, task)
            return
        command = name.rpartition("/")[2]
        deeper = replace(task, depth=task.depth + 1)
        if command == "sbatch":
            self._submit(exec)
            return
        shell = read_shell(exec, command)
        inside = replace(deeper, within=exec)
        if shell is not None:
            self._shell_command(run, exec, shell, inside)
            return
        recipe = make.recipe(exec, command, self.files)
        if recipe is not None:
            run.files.add(recipe.path)
            if recipe.path != run.root:
                self.called.add(recipe.path)
            self._shell_command(run, recipe.exec, recipe.shell, inside)
            return
        python = read_python(exec, command)
        module = python.module.string if python is not None and python.module is not None else None
        tool = find(command if python is None else module)
        if python is not None and dgl.is_launcher(python.script, python.arguments):
            tool = dgl
        if tool is not None:
            words = exec.argv[1:] if python is None else python.arguments
            launch = tool.spawn(exec, words, command if python is None else module or "", task.site)
            if launch is not None:
                self._launch(run, launch, deeper)
                return
            self._named(exec, task)
        if python is not None:
            self._python(run, exec, python.script, module, python.arguments, task)
            return
        remote = remote_shell(exec, command)
        if remote is not None:
            self._remote(run, exec, remote, inside)
            return
        self._file(run, exec, name, inside)

    def _prefixed(self, run: Run, exec: Exec, task: Task) -> None:
        """A command behind words that nobody knows, such as `$PROFILE_CMD python train.py`: where they can hardly be a
        launcher, they only start it (presumption 8); else nothing is claimed of what stands behind them."""
        self._named(exec, task)
        prefix, *rest = exec.argv
        if not prefix.many or not rest:
            return
        # Whatever they are, they may choose a GPU for what they start, or set what launchers set.
        masks = {mask: unknown(f"${mask}", key=("prefix", exec.at, mask, task.node, task.local)) for mask in MASKS}
        environment = exec.environment.opened().with_(masks)
        behind = replace(exec, argv=tuple(rest), environment=environment)
        if _one_of_several(task) or self._launches_alone(behind, task):
            told = f"{prefix.written} in front of the command only starts it"
            self.start(run, behind, replace(task, depth=task.depth + 1, presumed=(*task.presumed, told)))

    def _launches_alone(self, exec: Exec, task: Task) -> bool:
        """It is a launcher that nobody needs to start in several places."""
        name = exec.argv[0].string
        command = (name or "").rpartition("/")[2]
        python = read_python(exec, command)
        module = python.module.string if python is not None and python.module is not None else None
        tool = find(command if python is None else module)
        if tool is None:
            return False
        words = exec.argv[1:] if python is None else python.arguments
        launch = tool.spawn(exec, words, command if python is None else module or "", task.site)
        if launch is None or not (launch.ranks or launch.spreads):
            return False
        allocation = task.site.allocation
        return launch.spreads or allocation is None or (allocation.nodes == 1).always

    def _named(self, exec: Exec, task: Task) -> None:
        """Scripts that a command names which nobody knows: it may start them, so they are not scripts without one."""
        for index, word in enumerate(exec.argv[1:], 1):
            path = task.site.find(word, exec) if (word.string or "").endswith(".py") else None
            if exec.argv[index - 1].string == "-m":
                path = self._module(word.string, exec)
            if path is not None:
                self.called.add(path)

    def _launch(self, run: Run, launch: Launch, task: Task) -> None:
        launch.parent, launch.node, launch.local = task.parent, task.node, task.local
        launch.presumed = task.presumed
        run.launches.append(launch)
        if not launch.children:
            self._named(launch.exec, task)
            run.complete &= launch.container is None and launch.tool != "srun"
        for child in launch.children:
            allocation = launch.allocation
            site = task.site
            if allocation is not None and site.allocation is None:
                site = site.within(allocation)
            self.start(run, command_of(child, launch), self._below(task, launch, child, site))

    def _below(self, task: Task, launch: Launch, child: Child, site: Site) -> Task:
        below = replace(task, site=site, parent=launch)
        if len(launch.children) == 1 and not launch.ranks and not launch.spreads:
            # `srun singularity exec image python train.py`: what only starts a command leaves the task where it is.
            return below
        return replace(below, node=child.node, local=child.local)

    def _shell_command(self, run: Run, exec: Exec, shell: ShellCommand, task: Task) -> None:
        scope = (exec.at, task.node, task.local, exec.environment.scope)
        if shell.text is not None:
            context = self._context(
                exec.environment, exec.host, shell.arguments, exec.at.path, task, scope, exec.directory
            )
            self._outcome(run, run_text(shell.text, context), task)
        elif shell.script is not None and (text := _mounted(exec, shell.script)) is not None:
            context = self._context(
                exec.environment, exec.host, shell.arguments, exec.at.path, task, scope, exec.directory
            )
            self._outcome(run, run_text(text, context), task)
        elif shell.script is not None:
            path = task.site.find(shell.script, exec)
            if path is None:
                run.complete = False
                return
            self.called.add(path)
            self._script(run, path, exec.environment, exec.host, shell.arguments, task, scope, exec.directory)

    def _file(self, run: Run, exec: Exec, name: str, task: Task) -> None:
        """A file of the workspace that is run by its own name."""
        if "/" not in name:
            return
        text = _mounted(exec, exec.argv[0])
        if text is not None and not name.endswith(".py"):
            self._shell_command(run, exec, ShellCommand(text, None, exec.argv[1:]), task)
            return
        path = task.site.find(exec.argv[0], exec)
        if path is None:
            return
        if path.endswith(".py"):
            self._python(run, exec, exec.argv[0], None, exec.argv[1:], task)
        elif self.files.shell(path) is not None:
            self.called.add(path)
            scope = (exec.at, task.node, task.local, exec.environment.scope)
            self._script(run, path, exec.environment, exec.host, exec.argv[1:], task, scope, exec.directory)

    def _remote(self, run: Run, exec: Exec, remote: ShellCommand, task: Task) -> None:
        """`ssh host command`: a login shell there, which finds nothing of this environment."""
        name = remote.host.value if remote.host is not None else unknown("a host", key=("ssh", exec.at))
        known_host = next((host for host in task.site.hosts if (host.name == name).always), None)
        host = known_host or Host(
            index=_host_index(run, name),
            name=name,
            gpus=with_cluster(unknown_host(0, exec.at), self.cluster).gpus,
            cpus=unknown("the CPUs of the host", key=("cpus", str(name)), low=1, whole=True),
            machine=("ssh", str(name)),
        )
        left = {} if remote.sends else exec.environment.variables
        environment = Environment({}, scope=("ssh", str(name)), closed=False, assumed=self.assumed, left=left)
        there = replace(exec, host=host, environment=environment, directory=unknown("the home folder"))
        site = replace(task.site, hosts=(*task.site.hosts, host)) if known_host is None else task.site
        launch = remote.as_launch(exec, host, site)
        launch.parent = task.parent
        run.launches.append(launch)
        below = replace(task, site=site, parent=launch, node=host.index)
        if remote.text is not None:
            scope = (exec.at, str(name), exec.environment.scope)
            context = self._context(environment, host, (), exec.at.path, below, scope, there.directory)
            self._outcome(run, run_text(remote.text, context), below)

    def _submit(self, exec: Exec) -> None:
        text = slurm.submitted_text(exec)
        if text is not None and len(self.texts) < MOST_CALLERS:
            words = tuple(word.string for word in exec.argv)
            self.texts.setdefault((exec.at, words, str(text.value)), (exec, text))
        script = slurm.submitted_script(exec)
        if script is None:
            return
        path = self.files.resolve(script, exec.directory.string, exec.at.path)
        if path is not None:
            self.called.add(path)
            commands = self.submitted.setdefault(path, {})
            if len(commands) < MOST_CALLERS:
                commands.setdefault(tuple(word.string for word in exec.argv), exec)

    # -- training processes

    def _python(
        self, run: Run, exec: Exec, script: Word | None, module: str | None, arguments: tuple[Word, ...], task: Task
    ) -> None:
        path = task.site.find(script, exec) if script is not None else self._module(module, exec)
        if path is not None:
            run.files.add(path)
            self.called.add(path)
        ranked = next((launch for launch in (task.parent.chain() if task.parent else ()) if launch.ranks), None)
        nearest = ranked or next(
            (launch for launch in (task.parent.chain() if task.parent else ()) if launch.spreads), None
        )
        rank = absent()
        if nearest is not None:
            rank = next(
                (child.rank for child in nearest.children if (child.node, child.local) == (task.node, task.local)),
                absent(),
            )
        run.processes.append(
            Process(
                exec=exec,
                script=path,
                module=module,
                arguments=arguments,
                launch=nearest,
                node=task.node,
                local=task.local,
                rank=rank,
                hidden=path is None and (script is not None and script.string is None),
                presumed=task.presumed,
            )
        )

    def _module(self, module: str | None, exec: Exec) -> str | None:
        """The file behind `-m package.module`, if it is in the workspace."""
        if module is None:
            return None
        stem = module.replace(".", "/")
        for reference in (f"{stem}.py", f"{stem}/__main__.py"):
            path = self.files.resolve(reference, exec.directory.string, exec.at.path)
            if path is not None:
                return path
        return None


def _mounted(exec: Exec, script: Word) -> Word | None:
    """The text of a script that is mounted in the container from a ConfigMap."""
    path = script.string
    if exec.host.container is None or path is None:
        return None
    if not path.startswith("/"):
        path = posixpath.join(exec.directory.string or "/", path)
    return exec.host.container.files.get(posixpath.normpath(path))


def command_of(child: Child, launch: Launch) -> Exec:
    """What one child of a launcher runs, as a command on its host."""
    return replace(
        launch.exec,
        argv=child.argv,
        environment=child.environment,
        directory=child.directory,
        host=child.host,
        at=child.at,
    )


def _one_of_several(task: Task) -> bool:
    """It is one of several processes of a host, which start no further launcher."""
    above = next(
        (launch for launch in (task.parent.chain() if task.parent else ()) if launch.ranks or launch.spreads), None
    )
    return above is not None and (above.per_node > 1).always


def started_per_host(launch: Launch) -> bool:
    """It means several hosts, and nothing that was read starts it on the others."""
    several = launch.nodes > 1
    # What salloc runs, it runs once, and who typed that on another host would be granted other nodes.
    once = any(above.spreads or above.tool == "salloc" for above in launch.chain()[1:])
    return several.always and not launch.spreads and not once


def with_cluster(host: Host, cluster: Cluster) -> Host:
    """The host with what the user's configuration says of it."""
    return replace(
        host,
        gpus=host.gpus if cluster.gpus_per_node.is_absent else cluster.gpus_per_node,
        cpus=host.cpus if cluster.cpus_per_node.is_absent else cluster.cpus_per_node,
    )


def _host_index(run: Run, name: Value) -> int:
    names: list[Value] = []
    for launch in run.launches:
        for host in (launch.host, *(child.host for child in launch.children)):
            if not any(seen.same(host.name) for seen in names):
                names.append(host.name)
    for index, seen in enumerate(names):
        if seen.same(name):
            return index
    return len(names)
