"""Packing: every row once, prompts once a pack, and tokens predicted from the right place."""

from hypothesis import given, settings
from hypothesis import strategies as st

from thalweg.suitability.packing import Row, pack, plan

PROMPTS = [[1], [1, 2], [3, 4, 5]]
rows = st.builds(
    lambda prompt, response: Row(prompt + response, len(prompt)),
    st.sampled_from(PROMPTS),
    st.lists(st.integers(6, 9), min_size=1, max_size=9),
)


@settings(deadline=None)
@given(st.lists(rows, max_size=12), st.integers(1, 30))
def test_every_row_is_in_one_pack_and_packs_keep_to_their_size(some: list[Row], most: int) -> None:
    packs = list(plan(some, most))
    assert sorted(index for members in packs for index in members) == list(range(len(some)))
    for members in packs:
        assert members
        if len(members) > 1:
            assert pack([some[index] for index in members]).ids.shape[1] <= most


@settings(deadline=None)
@given(st.lists(rows, min_size=1, max_size=12))
def test_a_pack_predicts_every_scored_token_from_the_one_before(some: list[Row]) -> None:
    members = next(plan(some, 10_000))
    chosen = [some[index] for index in members]
    packed = pack(chosen)
    ids, positions = packed.ids[0].tolist(), packed.positions[0].tolist()
    expected = [(row.ids[at - 1], at - 1, row.ids[at]) for row in chosen for at in range(row.start, len(row.ids))]
    where, targets = packed.where.tolist(), packed.targets.tolist()
    assert [(ids[at], positions[at], target) for at, target in zip(where, targets, strict=True)] == expected
    for row, piece in zip(chosen, packed.pieces, strict=True):
        assert ids[piece.prompt] + ids[piece.response] == row.ids[:-1]
        assert positions[piece.prompt] + positions[piece.response] == list(range(len(row.ids) - 1))


def test_a_shared_prompt_is_read_once() -> None:
    packed = pack([Row([1, 2, 6, 7], 2), Row([1, 2, 8, 9], 2), Row([3, 6, 7], 1)])
    assert packed.ids.tolist() == [[1, 2, 6, 8, 3, 6]]
    assert packed.positions.tolist() == [[0, 1, 2, 2, 0, 1]]
    assert packed.where.tolist() == [1, 2, 1, 3, 4, 5]
    assert packed.targets.tolist() == [6, 7, 8, 9, 6, 7]
