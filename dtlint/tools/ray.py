"""`ray start`, which makes a machine part of a Ray cluster, and `ray job submit`, which runs a command on its head.

Options by `ray start --help` and `ray job submit --help` of Ray 2.40 and 2.60 (python/ray/scripts/scripts.py,
python/ray/dashboard/modules/job/cli.py).
"""

from __future__ import annotations

from typing import Final

from dtlint.job.launch import Child, Launch, alone
from dtlint.job.site import Site
from dtlint.run.word import Exec, Word
from dtlint.tools.options import Options, Spec, flag, option, parse

COMMANDS: Final = frozenset({"ray"})
MODULES: Final = frozenset[str]()

_VALUED: Final = """
    node-ip-address address port node-name object-manager-port node-manager-port gcs-server-port min-worker-port
    max-worker-port worker-port-list ray-client-server-port memory object-store-memory num-cpus num-gpus resources
    dashboard-host dashboard-port dashboard-agent-listen-port dashboard-agent-grpc-port dashboard-grpc-port
    runtime-env-agent-port autoscaling-config plasma-directory object-spilling-directory metrics-export-port
    redis-password redis-username
    redis-shard-ports cgroup-path include-log-monitor proxy-server-url system-reserved-cpu system-reserved-memory
    temp-dir storage system-config labels labels-file tracing-startup-hook log-style
    log-color include-dashboard
"""
_FLAGS: Final = """
    head block no-redirect-output disable-usage-stats no-monitor ray-debugger-external enable-object-reconstruction
    enable-resource-isolation
"""
_START: Final = Spec(
    (
        *(option(f"--{name}") for name in _VALUED.split()),
        *(flag(f"--{name}") for name in _FLAGS.split()),
        flag("-v", "--verbose"),
    ),
    interspersed=True,
)


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    named = [word.string for word in words[:2]]
    if named[:1] == ["start"]:
        return _launch("ray start", exec, parse(words[1:], _START), site)
    behind = next((place for place, word in enumerate(words) if word.string == "--"), None)
    if named != ["job", "submit"] or behind is None:
        return None
    launch = _launch("ray job submit", exec, Options(rest=words[behind + 1 :]), site)
    launch.children = (
        Child(
            host=exec.host,
            environment=exec.environment.only({}).opened(),
            argv=launch.options.rest,
            node=0,
            local=0,
            at=exec.at,
            directory=exec.directory,
        ),
    )
    return launch


def _launch(tool: str, exec: Exec, options: Options, site: Site) -> Launch:
    launch = alone(tool, exec, options)
    launch.allocation = site.allocation
    return launch
