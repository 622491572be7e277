"""Commands that run another command on the same host, in much the same environment.

Options by the `--help` of coreutils 9.1, util-linux 2.38 and uv, and by the sources of apptainer
(cmd/internal/cli/action_flags.go), numactl (numactl.c), sudo (src/parse_args.c), conda (conda/cli/main_run.py) and
shifter (src/shifter.c); of the profilers only those that launch scripts use.  What reaches a container's processes:
https://apptainer.org/docs/user/latest/environment_and_metadata.html.  What others change of the environment is not
followed, except `env`.
"""

from __future__ import annotations

from dtlint.job.clean_container import CLEANING
from dtlint.job.launch import Child, Launch, alone
from dtlint.job.site import Site
from dtlint.record import record
from dtlint.run.environment import Environment
from dtlint.run.word import Exec, Word, plain
from dtlint.tools.options import Option, Options, Spec, flag, option, parse
from dtlint.value import Value, absent, known


@record
class Wrapper:
    """`subcommands` must follow the name (any one of them); then options, `positional` words, and the command."""

    spec: Spec
    subcommands: frozenset[str] = frozenset()
    positional: int = 0
    assigns: bool = False
    """`NAME=value` words set variables (`env`)."""
    inherits: bool = True
    """The command sees the caller's environment."""


def _spec(valued: str = "", flags: str = "", optional: str = "") -> Spec:
    """Options as `name/letter`, by whether they take a value, none, or one that may be left out."""

    def names(entry: str) -> tuple[str, ...]:
        return tuple(f"--{name}" if len(name) > 1 else f"-{name}" for name in entry.split("/"))

    return Spec(
        (
            *(option(*names(entry)) for entry in valued.split()),
            *(flag(*names(entry)) for entry in flags.split()),
            *(Option(names(entry), optional=True) for entry in optional.split()),
        ),
        joined=True,
    )


_CONTAINER = _spec(
    """
    app bind/B mount home/H overlay/o scratch/S workdir/W shell/s cwd pwd hostname network network-args dns security
    apply-cgroups containlibs fusemount tmpdir no-mount add-caps drop-caps env no-env env-file dmtcp-launch
    dmtcp-restart blkio-weight blkio-weight-device cpu-shares cpus cpuset-cpus cpuset-mems memory
    memory-reservation memory-swap pids-limit runscript-timeout netns-path device cdi-dirs
    """,
    """
    disable-cache boot fakeroot/f cleanenv/e compat contain/c containall/C nv nvccli compat32 rocm writable/w
    writable-tmpfs no-home no-init no-nv no-rocm pid/p no-pid ipc/i net/n uts userns/u keep-privs no-privs allow-setuid
    no-umask no-eval oom-kill-disable unsquash ignore-subuid ignore-fakeroot-command ignore-userns underlay sharens
    intel-hpu
    """,
)

CONTAINERS = ("apptainer", "singularity")

WRAPPERS = {
    "env": Wrapper(
        _spec(
            "unset/u chdir/C split-string/S",
            "ignore-environment/i null/0 debug/v list-signal-handling",
            "block-signal default-signal ignore-signal",
        ),
        assigns=True,
    ),
    "time": Wrapper(_spec("format/f output/o", "portability/p verbose/v append/a quiet/q")),
    "nohup": Wrapper(_spec()),
    "exec": Wrapper(_spec("a", "c l")),
    "command": Wrapper(_spec("", "p")),
    "stdbuf": Wrapper(_spec("input/i output/o error/e")),
    "setsid": Wrapper(_spec("", "ctty/c fork/f wait/w")),
    "nice": Wrapper(_spec("adjustment/n")),
    "ionice": Wrapper(_spec("class/c classdata/n", "ignore/t")),
    "chrt": Wrapper(
        _spec(
            "sched-runtime/T sched-period/P sched-deadline/D",
            "batch/b deadline/d fifo/f idle/i other/o rr/r reset-on-fork/R all-tasks/a verbose/v",
        ),
        positional=1,
    ),
    "timeout": Wrapper(_spec("kill-after/k signal/s", "foreground preserve-status verbose/v"), positional=1),
    "taskset": Wrapper(_spec("", "all-tasks/a cpu-list/c"), positional=1),
    "numactl": Wrapper(
        _spec(
            """
            interleave/i weighted-interleave/w preferred/p preferred-many/P physcpubind/C cpunodebind/N cpubind/c
            membind/m
            """,
            "localalloc/l all/a balancing/b",
        )
    ),
    "sudo": Wrapper(
        _spec(
            """
            auth-type/a close-from/C login-class/c chdir/D group/g host prompt/p chroot/R role/r command-timeout/T
            type/t other-user/U user/u
            """,
            """
            askpass/A background/b bell/B E set-home/H login/i remove-timestamp/K reset-timestamp/k no-update/N
            non-interactive/n preserve-groups/P shell/s stdin/S
            """,
            "preserve-env",
        ),
        assigns=True,
        inherits=False,
    ),
    "script": Wrapper(_spec("", "q f")),
    "nsys": Wrapper(
        _spec(
            """
            output/o trace/t sample/s capture-range/c cuda-memory-usage show-output/w force-overwrite/f stop-on-exit/x
            capture-range-end stats kill delay/y duration/d export gpu-metrics-device cpuctxsw cudabacktrace
            python-sampling
            """
        ),
        subcommands=frozenset({"profile"}),
    ),
    "ncu": Wrapper(_spec("o set target-processes")),
    "py-spy": Wrapper(_spec("o d r f", "s n i"), subcommands=frozenset({"record"})),
    "singularity": Wrapper(_CONTAINER, subcommands=frozenset({"exec", "run"}), positional=1),
    "apptainer": Wrapper(_CONTAINER, subcommands=frozenset({"exec", "run"}), positional=1),
    "shifter": Wrapper(_spec("image/i volume/V module/m env/e", "verbose/v clearenv/E", "workdir/w")),
    "conda": Wrapper(
        _spec("name/n prefix/p cwd", "no-capture-output/live-stream/s verbose/v dev debug-wrapper-scripts"),
        subcommands=frozenset({"run"}),
    ),
    "poetry": Wrapper(_spec(), subcommands=frozenset({"run"})),
    "pipenv": Wrapper(_spec(), subcommands=frozenset({"run"})),
    "uv": Wrapper(
        _spec(
            """
            extra no-extra group no-group only-group no-editable-package env-file with/w with-editable with-requirements
            package python-platform index default-index index-url/i extra-index-url find-links/f index-strategy
            keyring-provider upgrade-package/P upgrade-group resolution prerelease prerelease-package fork-strategy
            exclude-newer exclude-newer-package no-sources-package reinstall-package link-mode config-setting/C
            config-settings-package no-build-isolation-package no-build-package no-binary-package cache-dir
            refresh-package python/p color allow-insecure-host directory project config-file
            """,
            """
            all-extras no-dev only-dev dev no-default-groups all-groups module/m no-editable exact no-env-file
            isolated active no-sync locked frozen script/s gui-script all-packages no-project no-index upgrade/U
            no-sources reinstall compile-bytecode no-build-isolation no-build no-binary require-build-hashes
            no-require-build-hashes no-cache/n refresh managed-python no-managed-python no-python-downloads quiet/q
            verbose/v system-certs offline no-progress no-config
            """,
        ),
        subcommands=frozenset({"run"}),
    ),
}

COMMANDS = frozenset(WRAPPERS)
MODULES: frozenset[str] = frozenset()


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    wrapper = WRAPPERS[command]
    if wrapper.subcommands:
        if not words or words[0].string not in wrapper.subcommands:
            return None
        words = words[1:]
    options = parse(words, wrapper.spec)
    rest = options.rest[wrapper.positional :]
    environment = exec.environment
    if wrapper.assigns:
        changes: dict[str, Value] = {}
        while rest and _assignment(rest[0]):
            text = rest[0].pieces[0].content
            assert isinstance(text, str)
            name = text.partition("=")[0]
            changes[name] = rest[0].cut(len(name) + 1).value
            rest = rest[1:]
        if options.has("--ignore-environment"):
            environment = environment.only({})
        for value in options.values("--unset"):
            if value.string is not None:
                changes[value.string] = absent()
        environment = environment.with_(changes)
    if not wrapper.inherits:
        environment = environment.opened()
    if command in CONTAINERS:
        environment = _contained(environment, options)
    if command == "uv" and options.has("--module") and rest:
        rest = (plain("python", rest[0].at), plain("-m", rest[0].at), *rest)
    if command == "env" and options.has("--split-string"):
        rest = ()
    launch = same_host(command, exec, options, rest, environment)
    for name in ("--chdir", "--directory", "--cwd", "--pwd"):
        for child in launch.children if options.has(name) else ():
            child.directory = options.value(name)
    return launch


def _contained(environment: Environment, options: Options) -> Environment:
    """What a container of apptainer finds: the environment of the host, or with `--cleanenv` only what is named for it.

    `SINGULARITYENV_X` sets `X`, and `--env` wins over it.
    """
    added: dict[str, Value] = {}
    for name in environment:
        prefix, marker, rest = name.partition("ENV_")
        if marker and rest and prefix in ("SINGULARITY", "APPTAINER"):
            added[rest] = environment.get(name)
    for value in options.values("--env"):
        if value.string is None:
            return environment.opened()
        for part in value.string.split(","):
            name, equals, content = part.partition("=")
            if equals:
                added[name] = known(content).after(value.trail)
    if any(not options.value(name).is_absent for name in CLEANING):
        environment = environment.only({})
    environment = environment.with_(added)
    return environment if options.value("--env-file").is_absent else environment.opened()


def same_host(tool: str, exec: Exec, options: Options, argv: tuple[Word, ...], environment: Environment) -> Launch:
    """A launch of one process where its command runs."""
    launch = alone(tool, exec, options)
    if argv:
        launch.children = (
            Child(
                host=exec.host,
                environment=environment,
                argv=argv,
                node=exec.host.index,
                local=0,
                at=exec.at,
                directory=exec.directory,
            ),
        )
    return launch


def _assignment(word: Word) -> bool:
    head = word.pieces[0].content if word.pieces else None
    return isinstance(head, str) and head.partition("=")[0].isidentifier() and "=" in head
