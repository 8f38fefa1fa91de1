"""PCA shift: against an independent computation, and its known values."""

from pathlib import Path

import numpy as np
import pytest

from tests.tiny import tiny_student
from thalweg.errors import InputError
from thalweg.suitability.shift import Floats, pca_shift, shifts

TEXTS = ["2 + 2 is 4", "a list of numbers, sorted", "x = [v + 1 for v in x]", "print(sum(x))", "no more than this"]


def features(seed: int, layers: int = 3, texts: int = 12, hidden: int = 6) -> Floats:
    return np.random.default_rng(seed).normal(1.0, 2.0, (layers, texts, hidden))


def by_covariance(before: Floats, after: Floats) -> float:
    """The published procedure step by step, with the eigenvectors of the covariance in place of an SVD."""
    original, updated = [], []
    for own, other in zip(before, after, strict=True):
        _, vectors = np.linalg.eigh(np.cov(own.T))
        first, second = (v * np.sign(v[np.abs(v).argmax()]) for v in (vectors[:, -1], vectors[:, -2]))
        original.append((0.0, (own @ second).mean()))
        updated.append(((other @ first).mean() - (own @ first).mean(), (other @ second).mean()))
    return float(np.linalg.norm(np.mean(updated, axis=0) - np.mean(original, axis=0)))


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_that_of_the_published_procedure(seed: int) -> None:
    before, after = features(seed), features(seed + 100)
    assert pca_shift(before, after).distance == pytest.approx(by_covariance(before, after))


def test_a_student_has_not_moved_from_itself() -> None:
    same = pca_shift(features(0), features(0))
    assert (same.distance, same.unsigned) == (0, 0)
    assert same.layers == ((0, 0),) * 3


def test_a_move_along_the_first_axis_is_found_whole_and_one_across_both_not_at_all() -> None:
    spread = np.zeros((1, 6, 4))
    spread[0, :, 1] = [-3, -2, -1, 1, 2, 3]
    spread[0, :, 2] = [1, -1, 0.5, -0.5, 1, -1]
    assert pca_shift(spread, spread + np.array([0, 5, 0, 0])).layers[0][0] == pytest.approx(5, rel=0.05)
    assert pca_shift(spread, spread + np.array([7, 0, 0, 7])).distance == pytest.approx(0)


def test_layers_that_move_apart_cancel_in_the_distance_and_not_in_the_unsigned_one() -> None:
    one = features(0, layers=1)
    before = np.concatenate([one, one])
    found = pca_shift(before, before + np.array([[[2.0]], [[-2.0]]]))
    assert found.distance == pytest.approx(0)
    assert found.unsigned > 1


def test_shifts_of_students(tmp_path: Path) -> None:
    base = str(tiny_student(tmp_path / "base"))
    other = str(tiny_student(tmp_path / "other", seed=1))
    found = shifts(base, {"same": base, "other": other}, TEXTS)
    assert found["same"].distance == 0
    assert found["other"].distance > 0
    assert len(found["other"].layers) == 3  # embeddings and two layers
    one_by_one = shifts(base, {"other": other}, TEXTS, batch_size=1)["other"]
    assert one_by_one.distance == pytest.approx(found["other"].distance, rel=1e-4)


def test_texts_are_cut(tmp_path: Path) -> None:
    base, other = str(tiny_student(tmp_path / "base")), str(tiny_student(tmp_path / "other", seed=1))
    long = [text * 3 for text in TEXTS]
    cut, short = (shifts(base, {"other": other}, texts, max_length=8) for texts in (long, [t[:8] for t in TEXTS]))
    assert cut["other"].distance == pytest.approx(short["other"].distance)


def test_too_few_texts_and_other_shapes_are_refused(tmp_path: Path) -> None:
    base = str(tiny_student(tmp_path / "base"))
    with pytest.raises(InputError, match="2 texts do not span two axes"):
        shifts(base, {}, TEXTS[:2])
    with pytest.raises(InputError, match="layers and hidden size"):
        shifts(base, {"deep": str(tiny_student(tmp_path / "deep", layers=3))}, TEXTS)
