"""Methods of tensors and modules that change or ask only what is in this process, whatever object has them: those
beyond `quiet.OF_DATA`.

docs.pytorch.org/docs/stable/tensors.html and generated/torch.nn.Module.html; without names that trainers, engines or
groups have too (`gather`, `scatter`, `reduce`, `broadcast`, `wait`, `train`, `eval`, `load_state_dict`, `state_dict`).
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    """The words of a text, in order."""
    return tuple(text.split())


_OF_TENSORS: Final = _words(
    """
    absolute acos add addbmm addcdiv addcmul addmm addmv addr allclose amax amin aminmax angle argmin argwhere
    as_strided asin asinh atan atan2 atanh baddbmm bernoulli bincount bitwise_and bitwise_not bitwise_or bitwise_xor
    bmm broadcast_to bucketize ceil cholesky clip conj copy copysign cos cosh count_nonzero cov cross cummax cummin
    cumprod cumsum det diag diag_embed diagonal diff digamma div divide dot dsplit element_size equal erf erfc
    erfinv exp2 expm1 exponential fill fix flip fliplr flipud float_power floor floor_divide fmax fmin fmod frac ge
    geometric gt hardshrink heaviside histc hsplit hypot index_add index_copy index_fill index_put index_select
    inner int inverse is_contiguous is_floating_point isclose isfinite isinf isnan isreal kthvalue le lerp less
    lgamma log10 log1p log2 log_normal log_softmax logaddexp logcumsumexp logical_and logical_not logical_or
    logical_xor logit logsumexp lt masked_fill masked_scatter masked_select matmul matrix_exp maximum median minimum
    mm mode moveaxis movedim msort mul multinomial multiply mv nan_to_num nanmean nanmedian nansum narrow neg
    negative new_empty new_full new_ones new_tensor new_zeros nonzero normal not_equal outer pin_memory pow prod put
    qr quantile random ravel reciprocal relu remainder renorm requires_grad reshape_as resize rot90 round rsqrt
    scatter_add select short sign signbit sin sinc sinh slice_scatter square storage stride sub subtract sum_to_size
    svd swapaxes swapdims take take_along_dim tan tanh tensor_split tile to_dense to_sparse trace tril triu
    true_divide trunc type_as unbind unflatten unfold uniform unique unique_consecutive var vdot view_as where xlogy
    zero
"""
)
_OF_MODULES: Final = _words(
    """
    buffers children modules named_buffers named_children named_modules named_parameters parameters register_buffer
    register_parameter zero_grad
"""
)
_HERE: Final = frozenset((*_OF_TENSORS, *(f"{name}_" for name in _OF_TENSORS), *_OF_MODULES))


def of_tensors(method: str) -> bool:
    """A tensor (in place, `add_`, or not) or a module has it, and no other process is met in it."""
    return method in _HERE
