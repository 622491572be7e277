"""torch.cuda, torch.device, and where tensors and modules go."""

from __future__ import annotations

from typing import Final

from dtlint.run.effects.row import Answer, Effect, Row, row

_Q: Final = Effect.QUERIES

ROWS: Final[tuple[Row, ...]] = (
    row("torch.cuda.set_device", "device", Effect.BINDS_DEVICE, device="device"),
    row("torch.accelerator.set_device_index", "device", Effect.BINDS_DEVICE, device="device"),
    row("torch.cuda.device", "device", Effect.CONTEXT, device="device"),
    row("torch.device", "type index", device="type", returns="torch.device"),
    row("torch.cuda.device_count", "", _Q, answer=Answer.DEVICES),
    row("torch.accelerator.device_count", "", _Q, answer=Answer.DEVICES),
    row("torch.cuda.is_available", "", _Q, answer=Answer.HAS_DEVICE),
    row("torch.accelerator.is_available", "", _Q, answer=Answer.HAS_DEVICE),
    row("torch.cuda.current_device", "", _Q, answer=Answer.CURRENT_DEVICE),
    row("torch.cuda.manual_seed", "seed", Effect.SEEDS, seed="seed"),
    row("torch.cuda.manual_seed_all", "seed", Effect.SEEDS, seed="seed"),
    row("torch.manual_seed", "seed", Effect.SEEDS, seed="seed"),
    row("random.seed", "a", Effect.SEEDS, seed="a"),
    row("numpy.random.seed", "seed", Effect.SEEDS, seed="seed"),
    row("torch.set_default_device", "device", Effect.BINDS_DEVICE, device="device"),
    row("?.to_empty", "device recurse", Effect.MOVES, device="device", returns="self"),
    row("?.cuda", "device non_blocking", Effect.MOVES, device="device", returns="self"),
    row("?.to", "device dtype non_blocking", Effect.MOVES, device="device", returns="self"),
    row("torch.Tensor.cuda", "device non_blocking", Effect.MOVES, device="device", returns="self"),
    row("torch.Tensor.to", "device dtype non_blocking", Effect.MOVES, device="device", returns="self"),
    row("torch.nn.Module.cuda", "device", Effect.MOVES, device="device", returns="self"),
    row("torch.nn.Module.to", "device dtype non_blocking", Effect.MOVES, device="device", returns="self"),
    row("torch.nn.Module.to_empty", "device recurse", Effect.MOVES, device="device", returns="self"),
    row("torch.nn.Module.cpu", "", returns="self"),
    row("torch.nn.Module.half", "", returns="self"),
    row("torch.nn.Module.float", "", returns="self"),
    row("torch.nn.Module.bfloat16", "", returns="self"),
    row("torch.nn.Module.train", "mode", returns="self"),
    row("torch.nn.Module.eval", "", returns="self"),
    row("torch.nn.Module.requires_grad_", "requires_grad", returns="self"),
    row("torch.nn.Module.apply", "fn", returns="self"),
    row("?.train", "mode", returns="self"),
    row("?.eval", "", returns="self"),
    row("?.half", "", returns="self"),
    row("?.float", "", returns="self"),
    row("?.cpu", "", returns="self"),
    row("torch.compile", "model", subject="model", returns="subject"),
)
