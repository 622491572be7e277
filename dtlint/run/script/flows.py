"""Whether what a pure operation gives is the same in all processes: its content, and its shape or length.

Only operations that are listed here hand on that their operands differ; what was not read may have met the other
processes inside, and gives what may be either.  `Reach.PROCESS` is a claim (it surely differs for some data), so an
operation that is not surely understood must not make it.  What the operations do: pytorch.org/docs/stable/torch.html,
"Math operations" and "Indexing, Slicing, Joining, Mutating Ops".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dtlint.record import record
from dtlint.run.script.objects import DictObject, ExternalMethod, Instance, ListObject, Thing, Unread
from dtlint.value import Reach, Trail, Value


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_ELEMENTWISE: Final = _names(
    """to cuda cpu float half double long int short bool bfloat16 type detach clone contiguous abs neg exp log sqrt
    square pow sigmoid softmax log_softmax tanh relu gelu silu clamp clip round floor ceil add sub mul div eq ne lt gt
    le ge isnan isinf isfinite logical_not logical_and logical_or sign numpy tolist flatten view reshape unsqueeze
    squeeze transpose permute t data argsort cumsum normalize roll float64 float32 astype asarray array from_numpy
    as_tensor pin_memory"""
)
"""One element for one: the shape of the result follows that of the first operand."""
VIEWS: Final = _names(
    "detach view reshape flatten unsqueeze squeeze transpose permute t contiguous numpy unbind chunk split"
)
"""Their results may share the memory of the operand."""
_REDUCING: Final = _names(
    """sum mean any all max min item norm argmax argmin std var prod median nanmean count_nonzero nansum amax amin
    average"""
)
"""The result's shape does not depend on that of the operand."""
_COMPUTING: Final = _names(
    """view_as expand expand_as reshape_as type_as repeat repeat_interleave chunk split unbind tensor_split masked_fill
    index_select take take_along_dim tril triu diagonal diag trace matmul mm bmm mv dot vdot inner outer ger einsum
    tensordot addmm baddbmm cdist where maximum minimum fmod remainder logsumexp log1p log2 log10 expm1 exp2 sin cos tan
    sinh cosh rsqrt reciprocal erf lerp dist cross cumprod flip fliplr flipud rot90 sort topk kthvalue unfold fold pad
    interpolate one_hot embedding linear bilinear conv1d conv2d conv3d conv_transpose1d conv_transpose2d max_pool1d
    max_pool2d avg_pool1d avg_pool2d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool2d grid_sample
    pixel_shuffle pixel_unshuffle layer_norm group_norm batch_norm instance_norm rms_norm dropout leaky_relu elu selu
    silu mish softplus softsign hardtanh hardswish relu6 logsigmoid glu softmin scaled_dot_product_attention
    cosine_similarity pairwise_distance clamp_min clamp_max nan_to_num movedim swapaxes swapdims unflatten narrow select
    T mT H"""
)
"""What they give follows the content of their operands; of its shape nothing is said."""
_LOSSES: Final = _names(
    """cross_entropy mse_loss nll_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy kl_div
    binary_cross_entropy_with_logits cosine_embedding_loss margin_ranking_loss triplet_margin_loss
    triplet_margin_with_distance_loss gaussian_nll_loss poisson_nll_loss hinge_embedding_loss soft_margin_loss
    multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss ctc_loss"""
)
"""One number by default."""
_SELECTING: Final = _names("nonzero unique masked_select argwhere flatnonzero unique_consecutive")
"""How much they give is a matter of the content."""
_COUNTING: Final = _names("bincount histc")
"""How much they give is told, or a matter of the content."""
_JOINING: Final = _names("cat concat concatenate stack hstack vstack")
_LIKE: Final = _names("zeros_like ones_like empty_like full_like rand_like randn_like")
_FILLED: Final = _names("new_zeros new_ones new_empty new_full zeros ones empty full rand randn")
_MAP_STYLE: Final = _names("torch.utils.data.TensorDataset torch.utils.data.Subset torch.utils.data.ConcatDataset")
_OUTPUTS: Final = _names("loss logits last_hidden_state")
"""Attributes of what the models of transformers give back (`ModelOutput` of transformers/utils/generic.py)."""
_MATH: Final = _names("isnan isinf isfinite exp log sqrt floor ceil fabs")
_HOMES: Final = ("torch.", "torch.Tensor.", "torch.nn.functional.", "numpy.", "?.")


@record
class Facets:
    """How something differs between the processes of a job."""

    content: Reach
    extent: Reach
    """Its shape, length or number of items."""
    trail: Trail = ()
    scalar: bool = False
    """It is one number or truth."""


UNSEEN: Final = Facets(Reach.UNSEEN, Reach.UNSEEN)


def indexed(dataset: Thing | None) -> bool:
    """It surely holds all samples, by number: an iterable data set may share itself out."""
    if not isinstance(dataset, Instance) or dataset.unseen:
        return False
    if isinstance(dataset.cls, str):
        return dataset.cls in _MAP_STYLE or dataset.cls.startswith("torchvision.datasets.")
    return dataset.cls.lookup("__getitem__") is not None and dataset.is_a("torch.utils.data.Dataset")


def shared_out(loader: Instance) -> bool:
    """Each process surely gets batches of its own: by a distributed sampler, or a framework's `prepare`."""
    if not loader.is_a("torch.utils.data.DataLoader"):
        return False
    sampler = chooser(loader)
    return loader.prepared or (
        sampler is not None and sampler.is_a("torch.utils.data.distributed.DistributedSampler")
    )


def chooser(loader: Instance) -> Instance | None:
    """The sampler by which a torch loader chooses its samples: its own, or that of its BatchSampler."""
    batches = loader.attributes.get("batch_sampler")
    if isinstance(batches, Instance) and batches.cls == "torch.utils.data.BatchSampler":
        loader = batches
    found = loader.attributes.get("sampler")
    return found if isinstance(found, Instance) else None


def worst(reaches: Iterable[Reach]) -> Reach:
    """What something computed from all of these is: it surely differs if one of them does."""
    found = set(reaches)
    return next((reach for reach in (Reach.PROCESS, Reach.UNSEEN) if reach in found), Reach.UNIFORM)


def facets(thing: Thing, deep: int = 3) -> Facets:
    """How the thing differs now."""
    match thing:
        case Value():
            scalar = thing.known and not isinstance(thing.constant, str)
            extent = Reach.UNIFORM if scalar else Reach.UNSEEN
            return Facets(Reach.UNIFORM if thing.known else thing.reach, extent, thing.trail)
        case Unread():
            extent = Reach.UNSEEN if thing.unseen else thing.extent
            return Facets(thing.content, extent, thing.trail, thing.scalar)
        case ExternalMethod(method=name, receiver=Unread() as outputs) if name in _OUTPUTS:
            single = name == "loss"
            return Facets(outputs.content, Reach.UNIFORM if single else Reach.UNSEEN, outputs.trail, single)
        case ListObject() if deep:
            held = [facets(item, deep - 1) for item in thing.items]
            content = worst(one.content for one in held)
            if content is Reach.UNIFORM and not thing.complete:
                content = Reach.UNSEEN
            length = Reach.PROCESS if thing.varies else Reach.UNIFORM if thing.complete else Reach.UNSEEN
            if thing.unseen:
                content = length = Reach.UNSEEN
            return Facets(content, length, _because(held))
        case DictObject() if deep:
            held = [facets(item, deep - 1) for item in thing.entries.values()]
            return Facets(worst(one.content for one in held) if held else Reach.UNSEEN, Reach.UNSEEN, _because(held))
        case _:
            return UNSEEN


def flow(name: str, receiver: Thing | None, positional: tuple[Thing, ...], keywords: Mapping[str, Thing]) -> Facets:
    """How the result of the call `name` (canonical) differs; unseen for whatever is not surely pure."""
    home, _, last = name.rpartition(".")
    if name.startswith("torch.distributed") or not (name.startswith(_HOMES) or (home == "math" and last in _MATH)):
        return UNSEEN
    operands = [one for one in ((receiver,) if home == "?" else ()) if one is not None]
    operands += positional
    if not operands:
        return UNSEEN
    held = [facets(one) for one in (*operands, *keywords.values())]
    first, content, trail = held[0], worst(one.content for one in held), _because(held)
    if last in _REDUCING:
        whole = len(operands) == 1 and "dim" not in keywords and "axis" not in keywords and "reduction" not in keywords
        return Facets(content, Reach.UNIFORM if whole else Reach.UNSEEN, trail, whole)
    if last in _LOSSES:
        reduced = keywords.get("reduction")
        named = isinstance(reduced, Value) and reduced.known and reduced.constant in ("mean", "sum", "batchmean")
        whole = (reduced is None or named) and "reduce" not in keywords
        return Facets(content, Reach.UNIFORM if whole else Reach.UNSEEN, trail, whole)
    if home == "math":
        return Facets(content, Reach.UNIFORM, trail, scalar=True)
    if last in _ELEMENTWISE:
        return Facets(content, first.extent, trail, first.scalar)
    if last in _COMPUTING:
        return Facets(content, Reach.UNSEEN, trail)
    if last in _SELECTING:
        return Facets(content, Reach.PROCESS if first.content is Reach.PROCESS else Reach.UNSEEN, trail)
    if last in _COUNTING:
        return Facets(content, Reach.UNSEEN, trail)
    if last in _JOINING and isinstance(operands[0], ListObject):
        pieces = [facets(item) for item in operands[0].items]
        extent = worst((first.extent, *(piece.extent for piece in pieces)))
        return Facets(first.content, extent, (*_because(pieces), *trail))
    if last in _LIKE:
        return Facets(Reach.UNSEEN, first.extent, first.trail)
    if last in _FILLED and home in ("torch", "?"):
        given = held[1:] if home == "?" else held
        return Facets(Reach.UNSEEN, worst(one.content for one in given), trail)
    if name == "torch.tensor":
        return Facets(content, first.extent, trail)
    if last in ("size", "numel", "nelement") and home == "?":
        # Rows come and go by their content, the other dimensions are the model's.
        asked = positional[0] if len(positional) == 1 else None
        rows = last != "size" or (isinstance(asked, Value) and asked.integer == 0)
        return Facets(first.extent if rows else Reach.UNSEEN, Reach.UNIFORM, first.trail, rows)
    return UNSEEN


def selected(thing: Thing, index: Thing) -> Facets:
    """How `thing[index]` differs: a mask of truths takes what its content says."""
    held, by = facets(thing), facets(index)
    symbols = list(index.symbols()) if isinstance(index, Value) else []
    mask = bool(symbols) and all(symbol.whole and (symbol.low, symbol.high) == (0, 1) for symbol in symbols)
    extent = by.content if mask and by.content is Reach.PROCESS else Reach.UNSEEN
    return Facets(held.content, extent, held.trail or by.trail)


def combined(left: Thing, right: Thing) -> Facets:
    """How the result of an operator on both differs."""
    held = [facets(left), facets(right)]
    return Facets(
        worst(one.content for one in held),
        worst(one.extent for one in held),
        _because(held),
        all(one.scalar or one.extent is Reach.UNIFORM for one in held),
    )


def _because(held: Iterable[Facets]) -> Trail:
    """What makes the first of them differ that does."""
    return next((one.trail for one in held if Reach.PROCESS in (one.content, one.extent)), ())
