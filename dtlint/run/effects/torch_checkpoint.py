"""torch.save, torch.load and torch.distributed.checkpoint."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Effect, Row, row

_DCP: Final = "torch.distributed.checkpoint."

ROWS: Final[tuple[Row, ...]] = (
    row(
        "torch.save",
        "obj f pickle_module pickle_protocol _use_new_zipfile_serialization",
        Effect.SAVES,
        Effect.WRITES,
        subject="obj",
        path="f",
    ),
    row("torch.load", "f map_location pickle_module weights_only mmap", Effect.LOADS, path="f", device="map_location"),
    row("torch.jit.save", "m f", Effect.SAVES, Effect.WRITES, subject="m", path="f"),
    row("torch.jit.load", "f map_location", Effect.LOADS, path="f", device="map_location"),
    row(
        _DCP + "save",
        "state_dict checkpoint_id storage_writer planner process_group no_dist",
        Effect.SAVES,
        Effect.COLLECTIVE,
        subject="state_dict",
        path="checkpoint_id",
        group="process_group",
    ),
    row(
        _DCP + "async_save",
        "state_dict checkpoint_id storage_writer planner process_group",
        Effect.SAVES,
        Effect.COLLECTIVE,
        subject="state_dict",
        path="checkpoint_id",
        group="process_group",
    ),
    row(
        _DCP + "load",
        "state_dict checkpoint_id storage_reader planner process_group no_dist",
        Effect.LOADS,
        Effect.COLLECTIVE,
        subject="state_dict",
        path="checkpoint_id",
        group="process_group",
    ),
    row(
        _DCP + "state_dict.get_model_state_dict",
        "model submodules options",
        Effect.COLLECTIVE,
        subject="model",
    ),
    row(
        _DCP + "state_dict.get_state_dict",
        "model optimizers submodules options",
        Effect.COLLECTIVE,
        subject="model",
    ),
    row("safetensors.torch.save_file", "tensors filename metadata", Effect.SAVES, Effect.WRITES, subject="tensors",
        path="filename"),
    row("numpy.save", "file arr", Effect.WRITES, subject="arr", path="file"),
    row("numpy.savez", "file", Effect.WRITES, path="file"),
    row("numpy.savez_compressed", "file", Effect.WRITES, path="file"),
    row("joblib.dump", "value filename compress", Effect.WRITES, subject="value", path="filename"),
    row("?.to_csv", "path_or_buf", Effect.WRITES, path="path_or_buf"),
    row("?.load_state_dict", "state_dict strict assign"),
    row("?.save_pretrained", "save_directory is_main_process state_dict save_function", Effect.SAVES,
        path="save_directory"),
)
