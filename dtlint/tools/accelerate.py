"""`accelerate launch` and its YAML configuration.

Read in Accelerate 1.15 and compared with what it starts (tests/test_proofs.py):
- options, and which of them the file can set: `launch_command_parser` and `_validate_launch_command` of
  accelerate/commands/launch.py, `ClusterConfig` of accelerate/commands/config/config_args.py;
- which launcher starts the processes: `launch_command` of accelerate/commands/launch.py;
- what the processes find: `prepare_simple_launcher_cmd_env`, `prepare_multi_gpu_env` and `prepare_deepspeed_cmd_env` of
  accelerate/utils/launch.py;
- what becomes of them: `DeepSpeedPlugin` of accelerate/utils/dataclasses.py.
"""

from __future__ import annotations

from collections.abc import Iterator

from dtlint.job.launch import Child, Launch, Rendezvous
from dtlint.job.plan import Plan
from dtlint.job.process import Process
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.run.files import Files
from dtlint.run.settings import value_of
from dtlint.run.word import Exec, Word, plain, valued
from dtlint.tools import deepspeed_config, torchrun
from dtlint.tools.options import Options, Spec, flag, option, parse
from dtlint.tools.transformers import arguments_made
from dtlint.tools.typed import own_rank
from dtlint.value import How, Step, Value, absent, known, unknown

COMMANDS = frozenset({"accelerate", "accelerate-launch"})
MODULES = frozenset({"accelerate.commands.launch", "accelerate.commands.accelerate_cli"})

VALUED = """
    config_file mixed_precision num_processes num_machines num_cpu_threads_per_process dynamo_backend dynamo_mode
    gpu_ids machine_rank main_process_ip main_process_port log_dir role rdzv_backend rdzv_conf max_restarts
    monitor_interval vm env main_training_function deepspeed_config_file zero_stage offload_optimizer_device
    offload_param_device offload_optimizer_nvme_path offload_param_nvme_path gradient_accumulation_steps
    gradient_clipping zero3_init_flag zero3_save_16bit_model deepspeed_hostfile deepspeed_exclusion_filter
    deepspeed_inclusion_filter deepspeed_multinode_launcher deepspeed_moe_layer_cls_names fsdp_version
    fsdp_offload_params fsdp_min_num_params fsdp_sharding_strategy fsdp_reshard_after_forward fsdp_auto_wrap_policy
    fsdp_transformer_layer_cls_to_wrap fsdp_backward_prefetch fsdp_state_dict_type fsdp_forward_prefetch
    fsdp_use_orig_params fsdp_cpu_ram_efficient_loading fsdp_sync_module_states fsdp_activation_checkpointing
    fsdp_activation_checkpointing_offload megatron_lm_tp_degree megatron_lm_use_custom_fsdp
    megatron_lm_no_load_optim megatron_lm_eod_mask_loss megatron_lm_overlap_cpu_optimizer_d2h_h2d
    megatron_lm_no_save_optim megatron_lm_optimizer_cpu_offload megatron_lm_use_precision_aware_optimizer
    megatron_lm_decoder_last_pipeline_num_layers megatron_lm_pp_degree megatron_lm_num_micro_batches
    megatron_lm_sequence_parallelism megatron_lm_recompute_activations megatron_lm_use_distributed_optimizer
    megatron_lm_gradient_clipping megatron_lm_recompute_granularity megatron_lm_recompute_method
    megatron_lm_recompute_num_layers megatron_lm_attention_backend megatron_lm_expert_model_parallel_size
    megatron_lm_context_parallel_size megatron_lm_attention_dropout megatron_lm_hidden_dropout
    megatron_lm_attention_softmax_in_fp32 megatron_lm_expert_tensor_parallel_size
    megatron_lm_calculate_per_token_loss megatron_lm_use_rotary_position_embeddings fp8_backend fp8_margin
    fp8_interval fp8_format fp8_amax_history_len fp8_amax_compute_algo fp8_override_linear_precision fp8_opt_level
    fp8_enable_fsdp_float8_all_gather fp8_pad_inner_dim aws_access_key_id aws_secret_access_key mpirun_hostfile
    mpirun_ccl parallelism_config_dp_replicate_size parallelism_config_dp_shard_size parallelism_config_tp_size
    parallelism_config_cp_size parallelism_config_cp_backend parallelism_config_cp_comm_strategy
    parallelism_config_sp_size parallelism_config_sp_backend parallelism_config_sp_seq_length
    parallelism_config_sp_seq_length_is_variable parallelism_config_sp_attn_implementation
"""
FLAGS = """
    cpu multi_gpu tpu ipex use_xpu enable_cpu_affinity dynamo_use_fullgraph dynamo_use_dynamic
    dynamo_use_regional_compilation use_deepspeed use_fsdp use_parallelism_config use_megatron_lm same_network no_python
    tpu_cluster no_tpu_cluster tpu_use_sudo downcast_bf16 fp8_use_autocast_during_eval debug
"""

SPEC = Spec(
    (
        *(option(f"--{name}") for name in VALUED.split()),
        *(flag(f"--{name}") for name in FLAGS.split()),
        option("-t", "--tee"),
        flag("-m", "--module"),
        flag("-q", "--quiet"),
        flag("-h", "--help"),
    ),
    abbreviations=False,
    underscores=True,
    joined=True,
)

SPREADING = frozenset({"MULTI_GPU", "MULTI_NPU", "MULTI_MLU", "MULTI_SDAA", "MULTI_MUSA", "MULTI_XPU", "MULTI_HPU",
                       "MULTI_NEURON", "DEEPSPEED", "FSDP", "MEGATRON_LM"})  # fmt: skip
"""Kinds of `distributed_type` whose processes torch.distributed.run starts."""

DEFAULT_PORT = 29500


def spawn(exec: Exec, words: tuple[Word, ...], command: str, site: Site) -> Launch | None:
    if command == "accelerate" or command.endswith("accelerate_cli"):
        if not words or words[0].string != "launch":
            return None
        words = words[1:]
    options = parse(words, SPEC)
    config = settings(exec, options, site)
    nodes = _nodes(exec, options, config)
    total = _total(exec, options, config)
    kind = _kind(options, config, total)
    node_rank = _asked(options, config, "machine_rank").as_int()
    if site.by_hand:
        node_rank = own_rank(node_rank, exec, "machine rank")
    node_rank = node_rank.or_default(known(0, Step(How.DEFAULT, "accelerate's default --machine_rank is 0", exec.at)))
    backend = _backend(options)
    launch = Launch(
        tool="accelerate",
        exec=exec,
        options=options,
        nodes=nodes,
        per_node=_per_node(total, nodes, exec),
        total=total,
        # The dynamic rendezvous numbers the machines itself.
        node_rank=node_rank if backend == "static" else absent(),
        rendezvous=_rendezvous(exec, options, config, nodes, backend, _by_torchrun(options, kind, total)),
        config=config,
        one_gpu_each=True,
        allocation=site.allocation,
    )
    if kind == "DEEPSPEED" and (nodes > 1).always:
        launcher = _deepspeed(options, config, "multinode_launcher")
        if launcher.is_absent or launcher.string not in (None, "standard"):
            launch.ranks = False
            launch.one_gpu_each = False
            launch.children = (_by_deepspeed(launch, config, launcher.string or "pdsh"),)
            return launch
    if kind == "simple":
        launch.per_node = known(1, Step(How.DEFAULT, "accelerate starts one process here", exec.at))
        launch.total = launch.per_node * nodes
    launch.children = tuple(
        _child(launch, config, local, kind == "simple") for local in corners(launch.per_node, presumed=2)
    )
    return launch


def _nodes(exec: Exec, options: Options, config: Value) -> Value:
    nodes = _asked(options, config, "num_machines").as_int()
    unseen = nodes.is_unknown and not options.hidden and not options.has("--config_file")
    if unseen and options.has("--num_processes") and not options.has("--machine_rank"):
        # Presumption 3: a file in the user's home that counts several machines would count the processes too.
        return known(1, Step(How.PRESUMED, "no file in the home folder says --num_machines", exec.at))
    return nodes.or_default(known(1, Step(How.DEFAULT, "accelerate's default --num_machines is 1", exec.at)))


def _kind(options: Options, config: Value, total: Value) -> str:
    """How the processes are started: `DEEPSPEED`, `torchrun`, `simple` for one process without a launcher, or
    `unknown`.  Options for it take the place of the file's `distributed_type`; `--cpu` wins over both."""
    if options.has("--cpu"):
        return "simple"
    if options.has("--use_deepspeed"):
        return "DEEPSPEED"
    if any(options.has(name) for name in ("--multi_gpu", "--use_fsdp", "--use_megatron_lm")):
        return "torchrun"
    if options.hidden or options.has("--tpu") or options.has("--mpirun_hostfile"):
        return "unknown"
    kind = config.field("distributed_type").string
    if kind in SPREADING:
        return "DEEPSPEED" if kind == "DEEPSPEED" else "torchrun"
    if kind == "NO" or (total.integer == 1 and not options.has("--config_file")):
        return "simple"
    return "unknown"


def _by_torchrun(options: Options, kind: str, total: Value) -> bool:
    """Its processes surely meet at the port: one process alone meets nobody.  Presumption 3: without a file that says
    otherwise, several processes are started on several GPUs."""
    if kind == "unknown":
        named = any(options.has(name) for name in ("--config_file", "--tpu", "--mpirun_hostfile"))
        return not options.hidden and not named and (total > 1).always
    return kind != "simple"


def _rendezvous(
    exec: Exec, options: Options, config: Value, nodes: Value, backend: str, several: bool
) -> Rendezvous:
    port = _asked(options, config, "main_process_port").as_int()
    address = _asked(options, config, "main_process_ip")
    alone = (nodes == 1).always
    # A file in the user's home that nobody sees may name a port; in most it is left to accelerate.
    named = several and (port.known or options.has("--main_process_port"))
    if alone:
        address = known("127.0.0.1", Step(How.DEFAULT, "accelerate on one machine meets on 127.0.0.1", exec.at))
    return Rendezvous(
        backend,
        address,
        port.or_default(known(DEFAULT_PORT, Step(How.DEFAULT, f"port {DEFAULT_PORT} by default", exec.at))),
        absent(),
        chosen=port.is_absent or port.integer == 0 or (alone and not named),
        yields=alone,
    )


def settings(exec: Exec, options: Options, site: Site) -> Value:
    """The record of the configuration file; unknown where it is not in the workspace.

    Without `--config_file` the file in the user's home counts, which nobody sees.
    """
    if options.has("--config_file"):
        word = options.given["--config_file"][-1].values
        path = site.find(word[0], exec) if word else None
        document = site.files.document(path) if path is not None else None
        if document is not None and document.roots:
            return value_of(document.roots[0])
    return unknown("accelerate's configuration", key=("accelerate config", exec.at))


def _asked(options: Options, config: Value, name: str) -> Value:
    given = options.value(f"--{name}")
    if given.is_absent:
        value = config.field(name)
        return absent(*value.trail) if value.known and value.constant is None else value
    return given


def _backend(options: Options) -> str:
    """The option's default hides what the file says."""
    backend = options.value("--rdzv_backend")
    return "static" if backend.is_absent or backend.is_unknown else backend.string or "unknown"


def _deepspeed(options: Options, config: Value, name: str) -> Value:
    given = options.value(f"--deepspeed_{name}")
    return given if not given.is_absent else config.field("deepspeed_config").field(f"deepspeed_{name}")


def _total(exec: Exec, options: Options, config: Value) -> Value:
    given = _asked(options, config, "num_processes").as_int()
    if not given.is_absent:
        return given
    return unknown("the number of processes", key=("accelerate processes", exec.at), low=1, whole=True)


def _per_node(total: Value, nodes: Value, exec: Exec) -> Value:
    """`num_processes` counts the processes of all machines: accelerate/utils/launch.py divides it by num_machines."""
    if total.integer is not None and nodes.integer not in (None, 0):
        return total // nodes
    if nodes.integer == 1:
        return total
    return unknown("processes per machine", key=("per machine", exec.at), low=1, whole=True).after(total.trail)


def _by_deepspeed(launch: Launch, config: Value, launcher: str) -> Child:
    """The `deepspeed` command that reaches the other machines, which it finds in its hostfile."""
    exec, options = launch.exec, launch.options
    at = exec.at
    words = [plain("deepspeed", at)]

    def add(name: str, value: Value) -> None:
        if not value.is_absent:
            words.extend((plain(name, at), valued(value.as_text(), at)))

    add("--hostfile", _deepspeed(options, config, "hostfile").or_default(known("None")))
    if launcher == "nossh":
        words.append(plain("--no_ssh", at))
        add("--node_rank", launch.node_rank)
    else:
        words.append(plain("--no_local_rank", at))
        add("--launcher", known(launcher))
    exclude, include = (_deepspeed(options, config, f"{name}clusion_filter") for name in ("ex", "in"))
    if not exclude.is_absent:
        add("--exclude", exclude)
    elif not include.is_absent:
        add("--include", include)
    else:
        add("--num_gpus", launch.per_node)
    add("--master_addr", launch.rendezvous.address)
    add("--master_port", launch.rendezvous.port)
    words += [
        plain(name, at) for name, asked in (("--module", "-m"), ("--no_python", "--no_python")) if options.has(asked)
    ]
    return Child(
        host=exec.host,
        # It writes its environment into .deepspeed_env, which hands all of it on (`deepspeed_launcher`).
        environment=exec.environment.with_(
            {"DS_ENV_FILE": exec.environment.get("DS_ENV_FILE"), USES_DEEPSPEED: known("true")}
        ),
        argv=(*words, *options.rest),
        node=exec.host.index,
        local=0,
        at=at,
        directory=exec.directory,
    )


def _child(launch: Launch, config: Value, local: int, simple: bool) -> Child:
    exec, options = launch.exec, launch.options
    here = Step(How.ENVIRONMENT, "set by accelerate for its processes", exec.at)
    index = known(exec.host.index) if launch.node_rank.is_absent else launch.node_rank
    if (launch.nodes == 1).always:
        index = known(0)
    rank = absent() if simple else index * launch.per_node + local
    given: dict[str, Value] = {}
    if not simple:
        given = torchrun.given_to(launch, index, local, launch.rendezvous.identity)
        meeting = launch.rendezvous
        for name, value in (("MASTER_ADDR", meeting.address), ("MASTER_PORT", meeting.port)):
            agreed = value.is_absent or meeting.kind != "static"
            given[name] = unknown(f"${name}", key=("agreed", exec.at, name)) if agreed else value
    elif not (launch.nodes == 1).always or not (_total(exec, options, config) == 1).always:
        given = {
            name: unknown(f"${name}", key=("accelerate", exec.at, name)) for name in ("MASTER_ADDR", "MASTER_PORT")
        }
    kind = _kind(options, config, launch.total)
    if kind == "DEEPSPEED":
        given[USES_DEEPSPEED] = known("true")
    elif kind == "unknown" and (options.hidden or options.has("--config_file")):
        given[USES_DEEPSPEED] = unknown(f"${USES_DEEPSPEED}", key=("accelerate", exec.at, USES_DEEPSPEED))
    given["ACCELERATE_MIXED_PRECISION"] = _asked(options, config, "mixed_precision").or_default(known("no"))
    given = {name: value.because(here).as_text() for name, value in given.items()}
    if not exec.environment.set("OMP_NUM_THREADS"):
        given["OMP_NUM_THREADS"] = unknown("$OMP_NUM_THREADS", key=("accelerate threads", exec.at))
    devices = _asked(options, config, "gpu_ids")
    if devices.string not in (None, "all"):
        given["CUDA_VISIBLE_DEVICES"] = devices
    elif devices.known and isinstance(devices.constant, int):
        given["CUDA_VISIBLE_DEVICES"] = devices.as_text()
    return Child(
        host=exec.host,
        environment=exec.environment.with_(given),
        argv=options.program("-m", "--no_python"),
        node=exec.host.index,
        local=local,
        at=exec.at,
        directory=exec.directory,
        rank=rank,
    )



USES_DEEPSPEED = "ACCELERATE_USE_DEEPSPEED"
"""What `prepare_deepspeed_cmd_env` of accelerate/utils/launch.py sets, and `Accelerator` asks for."""
GATHER = "ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL"
PLUGINS = ("deepspeed_plugin", "fsdp_plugin")
FSDP = (
    "--fsdp_sharding_strategy", "--fsdp_auto_wrap_policy", "--fsdp_version", "--fsdp_reshard_after_forward",
    "--use_fsdp", "--use_deepspeed", "--multi_gpu",
)  # fmt: skip
"""Options that change what the file says of FSDP."""


def plans(process: Process, files: Files) -> Iterator[Plan]:
    """What `Accelerator()` is told of DeepSpeed by the launch, where the script does not say it itself.

    The Trainer makes one of its own, and compares the file with its arguments as if it had been given it
    (`propagate_args_to_deepspeed` of transformers/trainer.py).
    """
    launch = process.launch
    if launch is None or launch.tool != "accelerate" or process.run is None:
        return
    options, config = launch.options, launch.config
    made = list(process.run.called("accelerate.Accelerator"))
    itself = any(event.open or any(event.thing(name) is not None for name in PLUGINS) for event in made)
    trainer = process.trainer if not made and _takes_launch(process) else None
    if itself or not (made or trainer):
        return
    if made and config.field("distributed_type").string == "FSDP" and not options.hidden:
        yield Plan(
            at=launch.at,
            process=process,
            world=process.world,
            source="accelerate",
            fully_sharded=_layer_by_layer(options, config),
        )
        return
    if _kind(options, config, launch.total) != "DEEPSPEED":
        return
    plan = Plan(at=launch.at, process=process, world=process.world, source="accelerate")
    path = _of_deepspeed(options, config, "deepspeed_config_file")
    if not path.is_absent:
        record = deepspeed_config.document(path.string or "", process, files)
        if record is None:
            return
        at = record.trail[0].at if record.trail else path.at
        plan = deepspeed_config.plan_of(record, at, process)
        plan.source, plan.reader = "accelerate", "accelerate"
        plan.problems = deepspeed_config.problems_of(record, files)
        plan.trainer = trainer
    elif trainer is not None:
        return
    else:
        given = _of_deepspeed(options, config, "zero3_save_16bit_model")
        writes = process.run.sets_unknown_names or any(write.name == GATHER for write in process.run.writes)
        if given.is_absent and (writes or process.environment.set(GATHER)):
            given = process.variable(GATHER)
        default = known(False, Step(How.DEFAULT, "zero3_save_16bit_model is false by default", launch.at))
        plan.zero_stage = _of_deepspeed(options, config, "zero_stage").as_int()
        plan.accumulation = _of_deepspeed(options, config, "gradient_accumulation_steps").as_int()
        plan.gathers_on_save = given.mapped("zero3_save_16bit_model", lambda it: str(it).lower() == "true")
        plan.gathers_on_save = plan.gathers_on_save.or_default(default)
        plan.persistent = deepspeed_config.persistent(absent(), launch.at)
    yield plan


def _takes_launch(process: Process) -> bool:
    """The Trainer is given no configuration for DeepSpeed, so that the launcher's holds."""
    given = process.trainer.deepspeed if process.trainer is not None else absent()
    nothing = given.is_absent or (given.known and given.constant is None)
    return bool(arguments_made(process)) and nothing


def _layer_by_layer(options: Options, config: Value) -> Value:
    """FSDP cuts up each layer for itself and gathers it in every forward pass: whole shards, wrapped by class."""
    section = config.field("fsdp_config")
    strategy, policy = section.field("fsdp_sharding_strategy"), section.field("fsdp_auto_wrap_policy")
    given = [name for name in FSDP if options.has(name)]
    whole = strategy.string == "FULL_SHARD" or strategy.integer == 1
    by_class = (policy.string or "").upper() == "TRANSFORMER_BASED_WRAP"
    return Value(known(True).content, strategy.trail) if whole and by_class and not given else absent()


def _of_deepspeed(options: Options, config: Value, name: str) -> Value:
    given = options.value(f"--{name}")
    if not given.is_absent:
        return given
    value = config.field("deepspeed_config").field(name)
    return absent(*value.trail) if value.known and value.constant is None else value
