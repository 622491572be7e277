from dtlint.job.process import Process
from dtlint.rule import Finding
from dtlint.run.saving import happens
from dtlint.run.script.objects import maker

STORAGE = "bnb_4bit_quant_storage"


def check(process: Process):
    run, launch = process.run, process.launch
    if run is None or launch is None or launch.tool != "accelerate" or not by_fsdp_1(launch):
        return
    if not any(event.method == "prepare" or event.method.endswith("Trainer") for event in run.events):
        return
    for event in run.events:
        if event.method != "from_pretrained":
            continue
        given = event.thing("quantization_config")
        made = maker(given)
        if made is None or made.name != "transformers.BitsAndBytesConfig" or made.open:
            continue
        if made.thing(STORAGE) is None and STORAGE not in getattr(given, "attributes", {}):
            yield Finding(
                when=(made.argument("load_in_4bit") == True) & happens(event) & happens(made),  # noqa: E712
                at=made,
                because=(("the model is loaded with it here", event), ("FSDP cuts it up", launch)),
            )


def by_fsdp_1(launch):
    """accelerate surely wraps the model in FullyShardedDataParallel."""
    options, section = launch.options, launch.config.field("fsdp_config")
    version = options.value("--fsdp_version") if options.has("--fsdp_version") else section.field("fsdp_version")
    if options.hidden or not (version.is_absent or version.as_int().integer == 1):
        return False
    if options.has("--use_fsdp"):
        return not options.has("--config_file")
    return launch.config.field("distributed_type").string == "FSDP"
