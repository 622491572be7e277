from dtlint.job.run import Run
from dtlint.rule import Finding
from dtlint.run.effects import Effect
from dtlint.value import TRUE, Items

CARRIERS = frozenset(
    ("?", "aws", "s3cmd", "s5cmd", "gsutil", "gcloud", "azcopy", "rclone", "rsync", "scp", "cp", "tar", "wget", "curl",
     "mc", "hf", "huggingface-cli", "git")
)  # fmt: skip
STORES = ("boto3.", "s3fs.", "gcsfs.", "google.cloud.", "azure.", "fsspec.", "huggingface_hub.", "wandb.", "mlflow.",
          "subprocess.", "os.system", "shutil.")  # fmt: skip


def check(run: Run):
    for workload in run.workloads:
        for group in workload.groups:
            anew = made_anew(workload, group)
            for process in run.processes if anew is not None else ():
                if process.host in group.hosts and process.run is not None and not carried(process, run):
                    found = list(resumed(process, group))
                    for load, path, volume in found[:1]:
                        yield Finding(
                            when=TRUE,
                            at=volume,
                            because=[("it is loaded here", load), ("pods are made anew", anew), path],
                            path=path,
                            volume=volume.field("name"),
                        )
                    if found:
                        break


def made_anew(workload, group):
    """What makes the controller put new pods in the place of those that end; None where containers start again in
    theirs, whose volumes stay."""
    spec = workload.record.field("spec")
    elastic = spec.field("elasticPolicy")
    if workload.kind == "PyTorchJob" and elastic.trail and not elastic.is_absent:
        return elastic
    if workload.kind in ("PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob"):
        replica = next((one for one in replicas_of(spec) if one.field("template").at == group.at), None)
        policy = replica.field("restartPolicy") if replica is not None else None
        return policy if policy is not None and policy.string == "ExitCode" else None
    if workload.kind == "Job" and group.restart.string == "Never":
        limit = spec.field("backoffLimit")
        return limit if (limit > 0).always else None
    if workload.kind == "JobSet":
        limit = spec.field("failurePolicy").field("maxRestarts")
        return limit if (limit > 0).always else None
    return None


def carried(process, run):
    """Something may bring files into the pod, or out of it."""
    beside = {(one.argv[0].string or "?").rpartition("/")[2] for one in run.commands if one.host is process.host}
    stores = (event.name.startswith(STORES) for event in process.events)
    return process.run.truncated or not beside.isdisjoint(CARRIERS) or any(stores)


def replicas_of(spec):
    for name in ("pytorchReplicaSpecs", "tfReplicaSpecs", "xgbReplicaSpecs", "paddleReplicaSpecs"):
        given = spec.field(name).content
        yield from getattr(given, "entries", {}).values()


def resumed(process, group):
    """Loads of what nobody but this pod's own earlier run can have saved, with the volume that is new in each pod."""
    saved = [one for one in process.effects(Effect.SAVES) if path_of(one) is not None]
    for load in process.effects(Effect.LOADS):
        path = path_of(load)
        for mount, volume in new_volumes(group) if path is not None else ():
            folder = mount.path.string.rstrip("/") + "/"
            kept = any(path_of(save).string.startswith(folder) for save in saved)
            if path.string.startswith(folder) and kept and not any(save.index < load.index for save in saved):
                yield load, path, volume


def path_of(event):
    value = event.argument(event.row.path) if event.row is not None and event.row.path else None
    return value if value is not None and value.string is not None else None


def new_volumes(group):
    """Mounts of `emptyDir` volumes that no other container of the pod has."""
    volumes, first = group.spec.field("volumes").content, group.spec.field("initContainers")
    others = [mount.volume for one in group.containers[1:] for mount in one.mounts]
    if not isinstance(volumes, Items) or not first.is_absent or group.trainer is None:
        return
    for mount in group.trainer.mounts:
        for volume in volumes.items:
            same = (volume.field("name") == mount.volume).always and mount.path.string is not None
            empty = volume.field("emptyDir")
            if same and not empty.is_absent and not empty.is_unknown and not any(
                not (other != mount.volume).always for other in others
            ):
                yield mount, volume
