"""Whether training and attacks compute in bfloat16: where the hardware has it, and nowhere else."""

import torch

__all__ = ["has_half_precision"]


def has_half_precision(device: str) -> bool:
    """Whether bfloat16 is quicker than single precision there; emulated, it takes CPUs three times as long.

    Parameters
    ----------
    device : str
        Type of the device: ``cpu`` or ``cuda``.
    """
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    # Not in every torch that will do; without it nobody knows.
    asked: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(asked.get("avx512_bf16") or asked.get("amx_bf16"))
