"""Whether an error says that memory ran out: libraries say it in their own words."""

import torch

__all__ = ["out_of_memory"]

# CUDA, MPS and PyTorch's CPU allocator; cuBLAS and cuDNN, which allocate for themselves.
_WORDS = ("out of memory", "alloc_failed", "can't allocate memory", "not enough memory")


def out_of_memory(error: Exception) -> bool:
    """Whether the same computation on fewer rows at once may succeed where this error came up."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _WORDS)
