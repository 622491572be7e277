"""MPIJob: a launcher pod starts `mpirun` or `horovodrun`, which reach the worker pods that the operator lists.

Releases: v2beta1 by pkg/controller/mpi_job_controller.go and pkg/apis/kubeflow/v2beta1/default.go of
https://github.com/kubeflow/mpi-operator at v0.6.0; v1 by pkg/controller.v1/mpi/mpijob_controller.go and
pkg/apis/kubeflow.org/v1/mpi_defaults.go of https://github.com/kubeflow/training-operator at v1.9.0.  Both write
/etc/mpi/hostfile with `slotsPerWorker` (1 without it) for each worker, and name it in the launcher's environment.  A
launcher that asks for GPUs is a worker too in v1 (`isGPULauncher`), in v2beta1 with `runLauncherAsWorker`.
"""

from __future__ import annotations

from typing import Final

from dtlint.job.naming import Series
from dtlint.job.site import Site
from dtlint.job.spread import corners
from dtlint.job.workload import Replicas, Workload
from dtlint.source import Source
from dtlint.tools.manifests import operator
from dtlint.tools.manifests.pods import described, entries, pods, replicas
from dtlint.value import How, Step, Value, absent, known, unknown

KINDS: Final = frozenset({"kubeflow.org/MPIJob"})
HOSTFILE: Final = "/etc/mpi/hostfile"
SECOND: Final = "kubeflow.org/v2beta1"
OPEN_MPI: Final = known("OpenMPI")


def read(record: Value, site: Site, source: Source) -> Workload | None:
    spec, metadata = record.field("spec"), record.field("metadata")
    name, version = metadata.field("name"), record.field("apiVersion").string or ""
    specs = spec.field("mpiReplicaSpecs")
    found = {
        role.lower(): replicas(role, _count(one, role, record), one.field("template"), site, source)
        for role, one in entries(specs)
        if role.lower() in ("launcher", "worker")
    }
    launcher, workers = found.get("launcher"), found.get("worker")
    groups = tuple(group for group in (launcher, workers) if group is not None)
    if not groups:
        return None
    workload = Workload("MPIJob", name, record.field("kind").at, record, groups)
    workload.namespace = metadata.field("namespace")
    workload.minimum = spec.field("runPolicy").field("schedulingPolicy").field("minAvailable")
    one_each = known(1, Step(How.DEFAULT, "slotsPerWorker is 1 where nothing says it", workload.at))
    workload.meeting = workers.count if workers is not None else known(1)
    workload.slots = spec.field("slotsPerWorker").as_int().or_default(one_each)
    domain = name if version == SECOND else absent()
    if workers is not None:
        workers.waits = True
    if workers is not None and name.string is not None:
        prefix = f"{name.string}-worker-"
        workload.names = () if domain.is_absent else (domain,)
        # Release v1 gives its workers no names in the cluster: its launcher reaches them through the API server.
        workers.series = () if domain.is_absent else (Series(prefix, workers.count, domain, workload.namespace),)
    for group in groups:
        group.hosts = pods(group, _names(name, group), known(0), workload)
    started = workers or launcher
    assert started is not None
    count = started.count
    also = spec.field("runLauncherAsWorker").or_default(spec.field("launcherAsWorker"))
    told = not also.is_absent and also.options != (False,)
    trainer = launcher.trainer if launcher is not None else None
    asks = trainer is not None and not (trainer.gpus.is_absent and trainer.gpus_requested.is_absent)
    workload.starter_works = told or (asks and version != SECOND)
    if workload.starter_works:
        count = unknown("the hosts of the hostfile", key=("hostfile", workload.at), low=1, whole=True)
    allocation = operator.granted(workload, count, started.hosts, workload.slots, (HOSTFILE,))
    # Release v1 lets Open MPI run `kubectl exec`, whose processes find the environment of the container.
    allocation.by_ssh = version == SECOND and spec.field("mpiImplementation").or_default(OPEN_MPI).string == "OpenMPI"
    launched = operator.launch(workload, known(1), allocation=allocation)
    workload.launch = launched
    given = {"OMPI_MCA_orte_default_hostfile": known(HOSTFILE)}
    if version == SECOND:
        given |= {"I_MPI_HYDRA_HOST_FILE": known(HOSTFILE), "HYDRA_HOST_FILE": known(HOSTFILE)}
    starters = launcher.hosts[:1] if launcher is not None else ()
    children = [operator.child(launched, launcher, host, given, site) for host in starters if launcher is not None]
    operator.start(launched, children)
    return workload


def _count(replica: Value, role: str, record: Value) -> Value:
    number = 1 if role.lower() == "launcher" else 0
    default = known(number, Step(How.DEFAULT, f"replicas of the {role} default to {number}", record.field("kind").at))
    return replica.field("replicas").as_int().or_default(default)


def _names(name: Value, group: Replicas) -> list[Value]:
    launcher = group.role.lower() == "launcher"
    if name.string is None:
        return [
            unknown(
                f"pod {index} of the {group.role}", key=("pod name", group.at, index), family=("pod name", group.at)
            )
            for index in corners(group.count)
        ]
    endings = ["-launcher" if launcher else f"-worker-{index}" for index in corners(group.count)]
    return described([f"{name.string}{ending}" for ending in endings], name)
