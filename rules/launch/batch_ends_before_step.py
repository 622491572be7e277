from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

QUICK = frozenset({"basename", "cat", "chmod", "cp", "date", "dirname", "echo", "hostname", "ln", "ls", "mkdir",
                   "module", "mv", "printf", "rm", "touch"})  # fmt: skip
"""Commands that do not keep a script alive."""


def check(run: Run):
    if run.allocation is None or run.allocation.scheduler != "slurm" or not run.complete:
        return
    own = [exec for exec in run.commands if exec.within is None]
    kept = [exec for exec in own if exec.ended is None and not quick(exec)]
    working = {process.exec.line()[0].at for process in run.processes}
    for exec in reversed(own):
        if exec.ended is None or exec.branches or exec.repeated or exec.at.path != run.root:
            continue
        last = all(other.started < exec.started for other in kept)
        # What is waited for has ended by the count at the `wait`.
        alive = exec.ended > max(other.started for other in own) + 1
        if last and alive and exec.at in working:
            yield Finding(when=TRUE, at=exec, command=exec.argv[0].string)
            return


def quick(exec):
    return (exec.argv[0].string or "").rpartition("/")[2] in QUICK
