"""`salloc`: a command on the host where it is typed, for which nodes are granted while it runs.

Its options are those of `sbatch` but for what a batch script needs; the command stands behind them (`_opt_args` of
src/salloc/opt.c, `set_func_salloc` in src/common/slurm_opt.c).  It is started where `salloc` is, and steps inside of
it run on the nodes: https://slurm.schedmd.com/salloc.html.  What it finds: `env_array_for_job` of src/common/env.c.
Without a command somebody types in a shell, which is not followed.
"""

from __future__ import annotations

from dtlint.job.launch import Child, Launch, alone
from dtlint.job.site import Site
from dtlint.run.word import Exec, Word
from dtlint.tools import slurm, slurm_parts, slurm_variables
from dtlint.tools.options import Option, Options, Spec, flag, option

COMMANDS = frozenset({"salloc"})
MODULES: frozenset[str] = frozenset()

SPEC = Spec(
    (
        *slurm.COMMON,
        option("--wait-all-nodes"),
        *(flag(name) for name in ("--bell", "--no-bell", "--no-shell")),
        *(Option(names, optional=True) for names in (("--immediate", "-I"), ("--kill-command", "-K"), ("--x11",))),
    ),
    joined=True,
)


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    parts = slurm_parts.of_command(words, SPEC)
    options = parts[-1]
    if not options.rest or options.hidden:
        return None
    variables = slurm_variables.given(exec.environment, slurm_variables.SALLOC)
    requests = [slurm.Request(part, variables) for part in parts]
    allocation = slurm.granted(requests, exec.at, site, exec.at)
    launch = alone("salloc", exec, Options(parts[0].given, options.rest))
    launch.allocation = allocation
    found = slurm.job_environment(allocation, requests[0], "the command of salloc")
    launch.children = (
        Child(
            host=exec.host,
            environment=exec.environment.with_(found),
            argv=options.rest,
            node=0,
            local=0,
            at=exec.at,
            directory=exec.directory,
        ),
    )
    return launch
