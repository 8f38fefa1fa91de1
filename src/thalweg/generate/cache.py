"""A key-value cache with room to spare.

transformers' own dynamic cache copies all keys and values for every new token, into memory that is fresh each time.
For a small student on a CPU that costs a tenth of the time, and where the allocator hands freed memory back to the
system, many times what the model itself costs. Here a layer writes each token into a buffer that grows by half when
it is full, and hands out a view of what is filled.

Not covered: sliding-window and linear-attention layers, which keep transformers' own bounded caches.
"""

from typing import Any

from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

_SPARE = 64  # tokens


class GrowingLayer(DynamicLayer):  # type: ignore[misc]  # transformers is untyped here
    """Keys and values of one layer: views of `(rows, heads, tokens, head size)` into buffers with spare tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: Tensor
        self.values: Tensor
        self._buffers: list[Tensor] = []

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Appends the new tokens' states and returns all states so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        filled = self.get_seq_length()
        end = filled + key_states.shape[-2]
        if not self._buffers or end > self._buffers[0].shape[-2]:
            room = end + max(_SPARE, end // 2)
            self._buffers = [_resized(self.keys, key_states, room), _resized(self.values, value_states, room)]
        for buffer, new in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[..., filled:end, :] = new
        self.keys, self.values = (buffer[..., :end, :] for buffer in self._buffers)
        return self.keys, self.values

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Keeps the rows named, in their order."""
        end = self.get_seq_length()
        self._buffers = [buffer.index_select(0, beam_idx) for buffer in self._buffers]
        self.keys, self.values = (buffer[..., :end, :] for buffer in self._buffers)


def _resized(old: Tensor, like: Tensor, room: int) -> Tensor:
    rows, heads, _, size = like.shape
    buffer = like.new_empty(rows, heads, room, size)
    if old.numel():
        buffer[..., : old.shape[-2], :] = old
    return buffer


def growing_cache(config: Any) -> Any:
    """A cache for a model with this configuration whose plain attention layers have room to spare."""
    cache = DynamicCache(config=config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache
