"""PCA shift: how far training has moved a student's hidden states (DED, arXiv 2508.09883, figure 4).

For every layer, embeddings included, a text's feature is the mean of its hidden states over positions. Two principal
axes are fitted to the untouched student's features; a student's place at a layer is where its mean feature lies on
the two axes (not centred). The shift is the distance between the mean places, over layers, of the untouched and the
tuned student. This follows the code that DED names as its source (Huan et al., arXiv 2507.00432).

Two properties of that number to know. Places are averaged over layers *with their signs*, so layers may cancel, and an
axis's sign is a convention; here the largest loading of each axis is positive, as in scikit-learn since 1.5.
`Shift.unsigned`, the mean over layers of each layer's own distance, has neither property. And padding counts in the
mean over positions, as in the original: give texts of at least `max_length` tokens, or of equal lengths, where that
matters. Not covered: confidence intervals (repeat over training seeds), encoder-decoders.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch

from thalweg.errors import InputError
from thalweg.loading import Precision, device, load

Floats: TypeAlias = npt.NDArray[np.float64]
_LEAST_TEXTS = 3  # two axes need two directions of spread


@dataclass(frozen=True, slots=True)
class Shift:
    """`distance` as DED defines it, in units of the hidden states; `layers` holds each layer's move along its two
    axes, embeddings first."""

    distance: float
    layers: tuple[tuple[float, float], ...]

    @property
    def unsigned(self) -> float:
        """The mean over layers of the length of the layer's move: no cancelling, whatever the signs of the axes."""
        return float(np.mean([np.hypot(*move) for move in self.layers]))


def shifts(
    base: str,
    tuned: Mapping[str, str],
    texts: Sequence[str],
    *,
    max_length: int = 128,
    precision: Precision = "fp32",
    threads: int | None = None,
    batch_size: int = 16,
) -> dict[str, Shift]:
    """The shift of each tuned student (name -> folder), all against the same untouched one.

    Args:
        texts: benchmark texts, such as statement and solution (DED's source takes 30 to 100).
        max_length: texts are cut to this many tokens of the untouched student's tokenizer.
        precision: the original computes in bfloat16.

    Raises:
        InputError: fewer than 3 texts, an unreadable model, or a tuned student of another shape.
    """
    if len(texts) < _LEAST_TEXTS:
        raise InputError("texts", f"{len(texts)} texts do not span two axes", f"give at least {_LEAST_TEXTS}")
    if threads is not None:
        torch.set_num_threads(threads)
    tokenizer, model = load(base, f"student {base}", precision)
    encoded = _encode(tokenizer, texts, max_length)
    before = _features(model, encoded, batch_size)
    found = {}
    for name, folder in tuned.items():
        after = _features(load(folder, f"student {folder}", precision)[1], encoded, batch_size)
        if after.shape != before.shape:
            problem = f"layers and hidden size are {after.shape[::2]}, those of {base} are {before.shape[::2]}"
            raise InputError(f"student {folder}", problem, "compare a student with what it was trained from")
        found[name] = pca_shift(before, after)
    return found


def pca_shift(before: Floats, after: Floats) -> Shift:
    """The shift between two sets of features of the same texts, each layers x texts x hidden size."""
    assert before.shape == after.shape, "features of different texts or models"
    moves = []
    for own, other in zip(before, after, strict=True):
        axes = _axes(own)
        # The mean of the projections is the projection of the mean.
        first, second = axes @ (other.mean(axis=0) - own.mean(axis=0))
        moves.append((float(first), float(second)))
    return Shift(float(np.linalg.norm(np.mean(moves, axis=0))), tuple(moves))


def _axes(features: Floats) -> Floats:
    """The two principal axes (2 x hidden size) of texts x hidden size, the largest loading of each positive."""
    _, _, rows = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    axes: Floats = rows[:2]
    largest = np.abs(axes).argmax(axis=1)
    turned: Floats = axes * np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return turned


# --------------------------------------------------------------------------- hidden states


def _encode(tokenizer: Any, texts: Sequence[str], max_length: int) -> Any:
    """Ids and mask of all texts, left-padded to the longest of them."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return tokenizer(list(texts), return_tensors="pt", padding=True, truncation=True, max_length=max_length)


@torch.inference_mode()
def _features(model: Any, encoded: Any, batch_size: int) -> Floats:
    """Mean hidden states, layers x texts x hidden size, the embeddings being layer 0."""
    body, parts = model.base_model, []
    for start in range(0, len(encoded["input_ids"]), batch_size):
        ids, mask = (encoded[k][start : start + batch_size].to(device()) for k in ("input_ids", "attention_mask"))
        states = body(input_ids=ids, attention_mask=mask, output_hidden_states=True, use_cache=False).hidden_states
        parts.append(torch.stack([layer.float().mean(dim=1) for layer in states]).double().cpu().numpy())
    features: Floats = np.concatenate(parts, axis=1)
    return features
