"""JAX: processes, devices and the collectives of mapped functions; signatures as in jax 0.10 (jax/_src)."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

PMAP: Final = "jax.pmap"
_Q: Final = Effect.QUERIES
_ALL: Final = "jax.experimental.multihost_utils."

ROWS: Final[tuple[Row, ...]] = (
    row(
        "jax.distributed.initialize",
        "coordinator_address num_processes process_id local_device_ids cluster_detection_method "
        "initialization_timeout coordinator_bind_address",
        Effect.INITIALISES,
        family="jax",
    ),
    row("jax.distributed.shutdown", "", Effect.DESTROYS, family="jax"),
    row("jax.process_index", "backend", _Q, answer=Answer.RANK, family="jax"),
    row("jax.process_count", "backend", _Q, answer=Answer.SIZE, family="jax"),
    *(
        row(f"jax.lax.{name}", "x axis_name", Effect.COLLECTIVE, subject="x", family="jax")
        for name in ("psum", "pmean", "pmax", "pmin", "all_gather", "all_to_all", "ppermute", "psum_scatter")
    ),
    row(_ALL + "sync_global_devices", "name", Effect.COLLECTIVE, family="jax"),
    row(_ALL + "process_allgather", "in_tree tiled", Effect.COLLECTIVE, subject="in_tree", family="jax"),
    row(_ALL + "broadcast_one_to_all", "in_tree is_source", Effect.COLLECTIVE, subject="in_tree", family="jax"),
    # Orbax: "must be called by all hosts"; each begins with a barrier (`sync_global_processes`, `Checkpointer.save`).
    *(
        row(f"orbax.checkpoint.{cls}.save", signature, Effect.COLLECTIVE, family="jax")
        for cls, signature in (
            ("AsyncCheckpointer", "directory"),
            ("Checkpointer", "directory"),
            ("CheckpointManager", "step items"),
            ("PyTreeCheckpointer", "directory item"),
            ("StandardCheckpointer", "directory state"),
        )
    ),
    row(PMAP + ".__call__"),
    row(PMAP, "fun axis_name in_axes out_axes static_broadcasted_argnums devices backend"),
    # These take a function and give another one: it is called when the result is.
    *(row(f"jax.{name}", "fun argnums has_aux") for name in ("grad", "value_and_grad")),
    *(row(name, "f tree") for name in ("jax.tree.map", "jax.tree_util.tree_map", "jax.tree_map")),
    row("jax.sharding.Mesh", "devices axis_names axis_types", returns="jax.sharding.Mesh"),
    row("jax.make_mesh", "axis_shapes axis_names axis_types devices", returns="jax.sharding.Mesh"),
    *(
        row(f"jax.experimental.mesh_utils.{name}", "mesh_shape")
        for name in ("create_device_mesh", "create_hybrid_device_mesh")
    ),
)
