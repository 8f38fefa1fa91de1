"""Encoded rows -> tensors, one example a row or several.

Inputs and labels are shifted against each other here, so that no label crosses from one example into the next. Rows
are padded on the right: a causal model's real tokens never see what follows, so no attention mask is needed. In a
packed row `position_ids` start again at each example; transformers derives from them the mask that keeps attention
within each (`find_packed_sequence_indices`), and a test holds it to that.

Not covered: models that carry state along the row by other means than attention (Mamba, linear attention), and
packing under flash attention, which expects all examples in a single row.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from thalweg.train.encode import IGNORED, Encoded

if TYPE_CHECKING:
    import torch


def collate(rows: Sequence[Encoded], packing: bool = False) -> "dict[str, torch.Tensor]":
    """The tensors of one forward pass.

    Returns:
        `input_ids` (rows, length); with packing `position_ids` of the same shape; and of the n labelled positions:
        `where` (n), indices into the flattened rows; `targets` (n), the tokens to predict; `weights` (n).
    """
    import torch

    lengths = [len(row.input_ids) - 1 for row in rows]
    layout = fill_rows(lengths) if packing else [[index] for index in range(len(rows))]
    length = max(lengths)
    ids = np.zeros((len(layout), length), dtype=np.int64)
    positions = np.zeros_like(ids)
    labels = np.full_like(ids, IGNORED)
    weights = np.zeros(ids.shape, dtype=np.float32)
    for line, members in enumerate(layout):
        at = 0
        for index in members:
            span = slice(at, at + lengths[index])
            ids[line, span] = rows[index].input_ids[:-1]
            labels[line, span] = rows[index].labels[1:]
            weights[line, span] = rows[index].weights[1:]
            positions[line, span] = np.arange(lengths[index])
            at += lengths[index]
        positions[line, at:] = np.arange(length - at)
    where = np.flatnonzero(labels != IGNORED)
    tensors = {"input_ids": ids, "where": where, "targets": labels.ravel()[where], "weights": weights.ravel()[where]}
    if packing:
        tensors["position_ids"] = positions
    return {name: torch.from_numpy(values) for name, values in tensors.items()}


def fill_rows(lengths: Sequence[int]) -> list[list[int]]:
    """Puts examples into rows as long as the longest, each into the first row with room, longest first."""
    room: list[int] = []
    layout: list[list[int]] = []
    longest = max(lengths)
    for index in sorted(range(len(lengths)), key=lambda index: -lengths[index]):
        line = next((line for line, left in enumerate(room) if left >= lengths[index]), len(room))
        if line == len(room):
            room.append(longest)
            layout.append([])
        room[line] -= lengths[index]
        layout[line].append(index)
    return layout
