from dtlint.job.launch import Launch
from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.value import TRUE

OWN = {
    "torchrun": ("nproc_per_node", "nnodes", "node_rank", "master_addr", "master_port", "rdzv_backend", "rdzv_endpoint",
                 "rdzv_id", "standalone"),
    "accelerate": ("num_processes", "num_machines", "machine_rank", "main_process_ip", "main_process_port", "multi_gpu",
                   "config_file", "use_deepspeed", "deepspeed_config_file", "use_fsdp", "mixed_precision"),
    "deepspeed": ("num_gpus", "num_nodes", "hostfile", "include", "exclude", "master_port", "master_addr"),
}  # fmt: skip
"""Options that are the launcher's."""


def check(run: Run):
    for launch in run.launches:
        yield from of_horovod(launch)
    for process in run.processes:
        launch = process.launch
        if process.run is None or launch is None or launch.tool not in OWN:
            continue
        for parser in process.run.parsers:
            if parser.open or parser.parsed_at is None:
                continue
            for word in parser.rejected:
                name = (word.string or "").partition("=")[0]
                own = name.startswith("--") and name[2:].replace("-", "_") in OWN[launch.tool]
                # What the launcher itself hands to the script is no option of the command.
                if own and name not in launch.passes:
                    yield finding(launch, name, word, ("which refuses it here", parser.parsed_at))
                    return


def of_horovod(launch: Launch):
    """horovodrun does not start without -np, so that one behind the program is surely its own."""
    options = launch.options
    if launch.tool == "horovodrun" and not options.hidden and not options.has("-np"):
        elastic = any(options.has(name) for name in ("--min-np", "--host-discovery-script", "-cb", "-v"))
        behind = [word for word in options.rest[1:] if word.string in ("-np", "--num-proc")]
        if behind and not elastic:
            yield finding(launch, behind[0].string, behind[0])


def finding(launch, name, word, *because):
    program = next((each.string for each in launch.options.rest if each.string), "the program")
    return Finding(when=TRUE, at=word.at, because=because, tool=launch.tool, option=name, program=program)
