"""torch.distributed: signatures as in torch 2.x (torch/distributed/distributed_c10d.py)."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

_D: Final = "torch.distributed."
_C: Final = Effect.COLLECTIVE
_P: Final = Effect.POINT_TO_POINT
_Q: Final = Effect.QUERIES

ROWS: Final[tuple[Row, ...]] = (
    row(
        _D + "init_process_group",
        "backend init_method timeout world_size rank store group_name pg_options device_id",
        Effect.INITIALISES,
    ),
    row(_D + "destroy_process_group", "group", Effect.DESTROYS, group="group"),
    row(
        _D + "new_group",
        "ranks timeout backend pg_options use_local_synchronization group_desc device_id",
        Effect.NEW_GROUP,
        returns="torch.distributed.ProcessGroup",
        keeps=("ranks",),
    ),
    row(
        _D + "new_subgroups",
        "group_size group timeout backend pg_options group_desc",
        Effect.NEW_GROUP,
        returns=("torch.distributed.ProcessGroup", "list"),
    ),
    row(_D + "barrier", "group async_op device_ids", _C, group="group"),
    row(_D + "monitored_barrier", "group timeout wait_all_ranks", _C, group="group"),
    row(_D + "all_reduce", "tensor op group async_op", _C, group="group", subject="tensor"),
    row(_D + "all_reduce_coalesced", "tensors op group async_op", _C, group="group", subject="tensors"),
    row(_D + "reduce", "tensor dst op group async_op group_dst", _C, group="group", subject="tensor"),
    row(_D + "broadcast", "tensor src group async_op group_src", _C, group="group", subject="tensor"),
    row(
        _D + "broadcast_object_list", "object_list src group device group_src", _C, group="group", subject="object_list"
    ),
    row(_D + "all_gather", "tensor_list tensor group async_op", _C, group="group", subject="tensor"),
    row(_D + "all_gather_into_tensor", "output_tensor input_tensor group async_op", _C, group="group"),
    row(_D + "_all_gather_base", "output_tensor input_tensor group async_op", _C, group="group"),
    row(_D + "all_gather_object", "object_list obj group", _C, group="group", subject="obj"),
    row(_D + "gather", "tensor gather_list dst group async_op group_dst", _C, group="group", subject="tensor"),
    row(_D + "gather_object", "obj object_gather_list dst group group_dst", _C, group="group", subject="obj"),
    row(_D + "scatter", "tensor scatter_list src group async_op group_src", _C, group="group", subject="tensor"),
    row(
        _D + "scatter_object_list",
        "scatter_object_output_list scatter_object_input_list src group group_src",
        _C,
        group="group",
    ),
    row(_D + "reduce_scatter", "output input_list op group async_op", _C, group="group"),
    row(_D + "reduce_scatter_tensor", "output input op group async_op", _C, group="group"),
    row(_D + "_reduce_scatter_base", "output input op group async_op", _C, group="group"),
    row(_D + "all_to_all", "output_tensor_list input_tensor_list group async_op", _C, group="group"),
    row(
        _D + "all_to_all_single",
        "output input output_split_sizes input_split_sizes group async_op",
        _C,
        group="group",
    ),
    row(_D + "send", "tensor dst group tag group_dst", _P, peer="dst", group="group", subject="tensor"),
    row(_D + "recv", "tensor src group tag group_src", _P, peer="src", group="group", subject="tensor"),
    row(_D + "isend", "tensor dst group tag group_dst", _P, peer="dst", group="group", subject="tensor"),
    row(_D + "irecv", "tensor src group tag group_src", _P, peer="src", group="group", subject="tensor"),
    row(_D + "send_object_list", "object_list dst group device", _P, peer="dst", group="group"),
    row(_D + "recv_object_list", "object_list src group device", _P, peer="src", group="group"),
    row(_D + "batch_isend_irecv", "p2p_op_list", _P),
    row(_D + "P2POp", "op tensor peer group tag", peer="peer", returns="torch.distributed.P2POp", keeps=("op", "peer")),
    row(_D + "get_rank", "group", _Q, answer=Answer.RANK, group="group"),
    row(_D + "get_world_size", "group", _Q, answer=Answer.SIZE, group="group"),
    row(_D + "get_node_local_rank", "fallback_rank", _Q, answer=Answer.LOCAL_RANK),
    row(_D + "is_initialized", "", _Q, answer=Answer.INITIALISED),
    row(_D + "is_available", "", _Q, answer=Answer.AVAILABLE),
    row(_D + "is_nccl_available", "", _Q, answer=Answer.AVAILABLE),
    row(_D + "is_gloo_available", "", _Q, answer=Answer.AVAILABLE),
    row(_D + "get_backend", "group"),
    row(_D + "is_torchelastic_launched", ""),
    row(_D + "TCPStore", "host_name port world_size is_master timeout wait_for_workers multi_tenant"),
    row(_D + "FileStore", "file_name world_size", path="file_name"),
    row(
        _D + "device_mesh.init_device_mesh",
        "device_type mesh_shape mesh_dim_names",
        Effect.NEW_GROUP,
        returns="torch.distributed.device_mesh.DeviceMesh",
        keeps=("mesh_shape", "mesh_dim_names"),
    ),
    row(_D + "device_mesh.DeviceMesh", "device_type mesh mesh_dim_names", Effect.NEW_GROUP),
    row(_D + "elastic.multiprocessing.errors.record", "fn", returns="subject", subject="fn"),
)
