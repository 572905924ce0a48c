"""A processor that nobody has. It rounds worse than any: what a lesson prints on it, the lesson prints on all.

A kernel that runs this file when it starts computes as before, but each result of an operation in APPROXIMATED is off
by about UNITS in its last place, which is more than another order of additions or another library would change. It is
off by the same in every run. Small results that a float holds with bits to spare (0.5, −3) stay as they are, for they
are exact on every processor.
"""

import torch
from torch.utils._python_dispatch import TorchDispatchMode

UNITS = 8
# Sums, sums of products, and functions without a rule for their last bit. The rest of arithmetic is alike everywhere.
APPROXIMATED = {
    *("mm", "bmm", "addmm", "baddbmm", "mv", "dot", "convolution", "convolution_backward", "mkldnn_convolution"),
    *("sum", "mean", "var", "std", "linalg_vector_norm", "cumsum", "mse_loss", "_softmax", "_softmax_backward_data"),
    *("_log_softmax", "_log_softmax_backward_data", "logsumexp", "native_batch_norm", "native_batch_norm_backward"),
    *("exp", "log", "log2", "log10", "pow", "sigmoid", "tanh", "sin", "cos", "_fft_r2c", "_fft_c2r", "_fft_c2c"),
    *("grid_sampler_2d", "upsample_bilinear2d", "linalg_qr", "_linalg_svd", "_linalg_eigh", "linalg_lstsq"),
}
DICE = torch.randn(2**20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
DICE = {dtype: DICE.to(dtype) for dtype in (torch.float32, torch.float64)}


class RoundsBadly(TorchDispatchMode):
    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        results = operation(*args, **(kwargs or {}))
        if getattr(operation, "overloadpacket", operation).__name__ in APPROXIMATED:
            for result in results if isinstance(results, (tuple, list)) else [results]:
                spoil(result)
        return results


def spoil(result) -> None:
    if isinstance(result, torch.Tensor) and result.is_complex():
        result = torch.view_as_real(result)
    if not isinstance(result, torch.Tensor) or result.dtype not in DICE:
        return
    n, dice = result.numel(), DICE[result.dtype]
    start = 7919 * n % 2**19  # not the same dice for all
    dice = (dice[start : start + n] if n <= 2**19 else dice.repeat(1 + n // 2**20)[:n]).view(result.shape)
    if n <= 4096:
        dice = dice * (result * 64 != (result * 64).round())
    result.addcmul_(result, dice, value=UNITS * torch.finfo(result.dtype).eps)


RoundsBadly().__enter__()  # until the kernel ends
