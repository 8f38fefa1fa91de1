"""Exports of a corpus: nothing of a row changes, the card says what is known, nothing is uploaded unasked."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.curation import problem
from tests.tiny import CHATML, R1, tiny_student
from thalweg import store
from thalweg.chat import Prompt
from thalweg.curate.card import Origin, Source, license_id, size_category
from thalweg.curate.corpus import corpus_hash, write_corpus
from thalweg.curate.export import Exported, count, export
from thalweg.curate.forms import FORMS, turns
from thalweg.curate.push import push
from thalweg.errors import InputError
from thalweg.problems.messages import read_messages
from thalweg.thinking import full_text
from thalweg.types import Drop, Example
from thalweg.verbs.exporting import export_corpus, origin_of, push_export

ODD = "<think>\n\n  a | b\u2028\r\n</think>\n\n\n```python\nprint('é \\n')\n```  \n"
ORIGIN = Origin(name="c", prompt=Prompt(system="Think."), sources={"1": Source("s", "MIT"), "2": Source("s", "MIT")})


def row(number: int, text: str = ODD, **fields: Any) -> Example:
    return Example(response_id=f"t/{number}", problem_id=str(number), prompt=f"what is {number}?", text=text, **fields)


def corpus(folder: Path, rows: list[Example]) -> Path:
    drop = Drop(response_id="t/9", problem_id="9", stage="verdict", reason="not correct")
    write_corpus(folder, rows, [drop], "corpus", ["s: MIT"], ["correct responses only"])
    return folder


def read_back(out: Path) -> list[Any]:
    import datasets

    return list(datasets.load_dataset(str(out), split="train", cache_dir=str(out.parent / "cache")))


@pytest.mark.parametrize("to", FORMS)
def test_every_form_is_read_as_a_data_set_and_holds_each_text_byte_for_byte(tmp_path: Path, to: str) -> None:
    rows = [row(1), row(2, "no thinking"), row(1, "", weight=2.0)]
    exported = export(corpus(tmp_path / "c", rows), tmp_path / "out", to, ORIGIN, "1.2")
    assert exported.tally.rows == 3
    found = [
        r["messages"] if "messages" in r else [*r["prompt"], *r["completion"]] for r in read_back(tmp_path / "out")
    ]
    assert found == [turns(one, ORIGIN.prompt) for one in rows]
    assert [turn["role"] for turn in found[0]] == ["system", "user", "assistant"]
    assert [turn[-1]["content"] for turn in found] == [one.text for one in rows]


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_a_line_holds_any_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    out = tmp_path_factory.mktemp("any")
    FORMS["openai"].write([row(1, text)], ORIGIN, out)
    (line,) = (out / "train.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert json.loads(line)["messages"][-1]["content"] == text


def test_messages_are_imported_again_as_the_same_rows(tmp_path: Path) -> None:
    rows = [row(1), row(2, "a"), replace(row(1, "b"), response_id="t/1b")]
    origin = replace(ORIGIN, models={"t/1": "teacher"})
    export(corpus(tmp_path / "c", rows), tmp_path / "out", "messages", origin, "1.2")
    items = list(read_messages(tmp_path / "out" / "data"))
    responses = [item.response for item in items if item.response is not None]
    found = [
        (r.id, r.problem_id, item.problem.statement, full_text(r)) for r, item in zip(responses, items, strict=True)
    ]
    assert found == [(one.response_id, one.problem_id, one.prompt, one.text) for one in rows]
    assert responses[0].model == "teacher"


def test_files_of_messages_are_cut_and_numbered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thalweg.curate.forms._GROUP", 2)
    monkeypatch.setattr("thalweg.curate.forms._FILE_BYTES", 1)
    rows = [row(number) for number in range(5)]
    export(corpus(tmp_path / "c", rows), tmp_path / "out", "messages", ORIGIN, "1.2")
    names = sorted(path.name for path in (tmp_path / "out" / "data").iterdir())
    assert names == [f"train-0000{at}-of-00003.parquet" for at in range(3)]
    assert [one["problem_id"] for one in read_back(tmp_path / "out")] == list("01234")


def test_rows_are_written_as_they_come(tmp_path: Path) -> None:
    """A million rows must not be held: no more than a group is taken before the first is written."""
    taken = Counter[str]()

    def endless() -> Iterator[Example]:
        for number in range(5000):
            taken["rows"] += 1
            if taken["rows"] == 2500:
                taken["written before"] = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
            yield row(number)

    FORMS["messages"].write(endless(), ORIGIN, tmp_path)
    assert taken["written before"] > 0


# --------------------------------------------------------------------------- what trainers read


def test_llamafactory_finds_its_entry(tmp_path: Path) -> None:
    """Keys as in LLaMA-Factory's data/README.md; a tag that is not named there would be unset."""
    export(corpus(tmp_path / "c", [row(1)]), tmp_path / "out", "llamafactory", ORIGIN, "1.2")
    entry = json.loads((tmp_path / "out" / "dataset_info.json").read_text())["thalweg"]
    assert (tmp_path / "out" / entry["file_name"]).exists()
    assert entry["formatting"] == "sharegpt"
    (found,) = read_back(tmp_path / "out")
    messages, tags = found[entry["columns"]["messages"]], entry["tags"]
    roles = [turn[tags["role_tag"]] for turn in messages]
    assert roles == [tags["system_tag"], tags["user_tag"], tags["assistant_tag"]]
    assert messages[-1][tags["content_tag"]] == ODD


def test_axolotl_finds_its_entry(tmp_path: Path) -> None:
    """Keys as in axolotl's docs/dataset-formats/conversation.qmd."""
    export(corpus(tmp_path / "c", [row(1)]), tmp_path / "out", "axolotl", ORIGIN, "1.2")
    config = yaml.safe_load((tmp_path / "out" / "axolotl.yaml").read_text())
    (entry,) = config["datasets"]
    assert (entry["type"], entry["roles_to_train"], entry["field_messages"]) == (
        "chat_template",
        ["assistant"],
        "messages",
    )
    assert (tmp_path / "out" / entry["path"]).exists()


def test_openai_lines_hold_messages_and_nothing_else(tmp_path: Path) -> None:
    """OpenAI's supervised fine-tuning: an object a line with `messages`, the last of them the assistant's."""
    export(corpus(tmp_path / "c", [row(1), row(2)]), tmp_path / "out", "openai", ORIGIN, "1.2")
    for line in (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        (messages,) = json.loads(line).values()
        assert all(turn.keys() == {"role", "content"} for turn in messages)
        assert messages[-1]["role"] == "assistant"


THOUGHT = "<think>\nthree\n</think>\n\n3"


def trl_template(name: str) -> str:
    import trl

    return (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("template", "settings", "trained"),
    [
        pytest.param(CHATML, {}, THOUGHT, id="chatml"),
        pytest.param(R1, {}, "3", id="a template that drops thinking"),
        pytest.param("deepseek_r1_distill", {}, "3", id="R1-distill as it ships"),
        pytest.param("deepseek_r1_distill", {"assistant_only_loss": True}, THOUGHT, id="R1-distill for training"),
    ],
)
def test_trl_prepares_the_rows(tmp_path: Path, template: str, settings: dict[str, Any], trained: str) -> None:
    """The installed TRL's own preprocessing: what docs/export.md says of templates is what it does."""
    import datasets
    from trl import SFTConfig, SFTTrainer

    export(corpus(tmp_path / "c", [row(1, THOUGHT)]), tmp_path / "out", "trl", ORIGIN, "1.2")
    chat = trl_template(template) if "{" not in template else template
    student = tiny_student(tmp_path / "student", chat)
    config = SFTConfig(
        output_dir=str(tmp_path / "run"),
        max_length=None,
        report_to="none",
        use_cpu=True,
        activation_checkpointing=False,
        **settings,
    )
    rows = datasets.load_dataset(str(tmp_path / "out"), split="train", cache_dir=str(tmp_path / "cache"))
    trainer = SFTTrainer(model=str(student), args=config, train_dataset=rows)
    seen = trainer.processing_class.decode(trainer.train_dataset[0]["input_ids"])
    assert trained in seen
    assert ("three" in seen) == ("three" in trained)


# --------------------------------------------------------------------------- the card


def front(out: Path) -> tuple[dict[str, Any], str]:
    _, head, body = (out / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(head), body


def test_the_card_tells_where_rows_come_from(tmp_path: Path) -> None:
    rows = [row(1), row(2), row(3, "direct")]
    origin = Origin(
        name="study-arm",
        prompt=Prompt(),
        study={"study": "s", "arm": "a|b"},
        models={"t/1": "m", "t/2": "m", "t/3": "n"},
        sources={"1": Source("s", "MIT"), "2": Source("s", "MIT"), "3": Source("u", "CC-BY-4.0")},
    )
    export(corpus(tmp_path / "c", rows), tmp_path / "out", "messages", origin, "1.2")
    head, body = front(tmp_path / "out")
    assert (head["license"], head["size_categories"]) == ("other", ["n<1K"])
    for said in (
        "| arm | a\\|b |",
        "m (2 rows), n (1 rows)",
        f"`{corpus_hash(rows)}`",
        f"`{Prompt().hash}`",
        "thalweg 1.2",
        "- correct responses only",
        "| verdict | not correct | 1 | 3 |",
        "2 licenses (CC-BY-4.0, MIT)",
        "| u | CC-BY-4.0 | 1 |",
        "| rows that begin with `<think>` | 2 |",
    ):
        assert said in body, said
    assert f"`{store.file_fingerprint(tmp_path / 'out/data/train-00000-of-00001.parquet')}`" in body


@pytest.mark.parametrize(
    ("licenses", "expected"),
    [
        (["MIT"], "mit"),
        (["MIT", "MIT"], "mit"),
        (["MIT", "Apache-2.0"], "other"),
        (["as you like"], "other"),
        ([None], "unknown"),
        (["MIT", None], "unknown"),
    ],
)
def test_the_license_of_a_mixture(licenses: list[str | None], expected: str) -> None:
    assert license_id(Counter(Source(str(at), name) for at, name in enumerate(licenses))) == expected


@pytest.mark.parametrize(("rows", "name"), [(999, "n<1K"), (1000, "1K<n<10K"), (10**6, "1M<n<10M"), (10**7, "n>10M")])
def test_sizes_as_the_hub_calls_them(rows: int, name: str) -> None:
    assert size_category(rows) == name


def test_what_a_form_cannot_carry_is_said(tmp_path: Path) -> None:
    source = corpus(tmp_path / "c", [row(1, weight=0.5), row(3)])
    told = {to: export(source, tmp_path / to, to, Origin(name="c"), "1.2").notes for to in FORMS}
    assert not any("weight" in note for note in told.pop("messages"))
    for notes in told.values():
        assert any("1 rows have a weight" in note for note in notes)
        assert any("system message" in note for note in notes)
        assert any("Of 2 rows the problem's license is not known" in note for note in notes)


def test_a_count_of_rows() -> None:
    rows = [row(1, "abc"), row(1, "<think>x", weight=3.0), row(2, "")]
    tally = count(rows, ORIGIN)
    assert (tally.rows, tally.problems, tally.characters, tally.weighted, tally.thinking) == (3, 2, 11, 1, 1)
    assert tally.longest == len("what is 1?<think>x")
    assert (tally.unlicensed, tally.fingerprint) == (0, corpus_hash(rows))


# --------------------------------------------------------------------------- around it


def test_an_export_is_replaced_and_nothing_else_is(tmp_path: Path) -> None:
    source, out = corpus(tmp_path / "c", [row(1)]), tmp_path / "out"
    export(source, out, "axolotl", ORIGIN, "1.2")
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    export(source, out, "axolotl", ORIGIN, "1.2")
    assert {path.name: path.read_bytes() for path in out.iterdir()} == first
    export(source, out, "openai", ORIGIN, "1.2")
    assert {path.name for path in out.iterdir()} == {"README.md", "export.json", "train.jsonl"}
    with pytest.raises(InputError, match="something else"):
        export(source, source, "openai", ORIGIN, "1.2")
    with pytest.raises(InputError, match="messages, trl"):
        export(source, out, "csv", ORIGIN, "1.2")
    with pytest.raises(InputError, match=r"train\.parquet"):
        export(tmp_path, tmp_path / "new", "openai", ORIGIN, "1.2")


def test_what_is_known_of_a_corpus_outside_a_study_is_what_is_named(tmp_path: Path) -> None:
    source = corpus(tmp_path / "mine", [row(1), row(2)])
    assert origin_of(source) == Origin(name="mine")
    store.write(tmp_path / "p.jsonl", [problem(1, license=None), problem(2)])
    (tmp_path / "r.jsonl").write_text('{"id": "t/1", "model": "m", "text": "x"}\n')
    found = origin_of(source, tmp_path / "p.jsonl", tmp_path / "r.jsonl", Prompt(system="s"))
    assert (found.sources["1"].license, found.sources["2"].license, dict(found.models)) == (None, "MIT", {"t/1": "m"})


# --------------------------------------------------------------------------- the hub


@dataclass
class StandIn:
    """What of the hub's client is used, in memory: every call is kept."""

    private: bool = True
    error: Exception | None = None
    calls: list[tuple[str, Any]] = field(default_factory=list)

    def create_repo(self, repo_id: str, *, repo_type: str, private: bool, exist_ok: bool) -> str:
        if self.error is not None:
            raise self.error
        self.calls.append(("create", (repo_id, repo_type, private, exist_ok)))
        return f"https://hub/{repo_type}s/{repo_id}"

    def repo_info(self, repo_id: str, *, repo_type: str) -> "StandIn":
        self.calls.append(("info", (repo_id, repo_type)))
        return self

    def upload_folder(self, *, repo_id: str, repo_type: str, folder_path: str, commit_message: str) -> None:
        assert commit_message
        self.calls.append(("upload", (repo_id, repo_type, sorted(p.name for p in Path(folder_path).iterdir()))))


def exported(tmp_path: Path) -> Exported:
    store.write(tmp_path / "p.jsonl", [problem(1)])
    return export_corpus(corpus(tmp_path / "c", [row(1)]), tmp_path / "out", "openai", problems=tmp_path / "p.jsonl")


def test_a_push_is_private_unless_asked(tmp_path: Path) -> None:
    done, hub = exported(tmp_path), StandIn()
    assert push_export(done, "org/name", hub=hub) == "https://hub/datasets/org/name"
    assert hub.calls == [
        ("create", ("org/name", "dataset", True, True)),
        ("info", ("org/name", "dataset")),
        ("upload", ("org/name", "dataset", ["README.md", "export.json", "train.jsonl"])),
    ]
    public = StandIn(private=False)
    push_export(done, "org/name", public=True, hub=public)
    assert public.calls[0] == ("create", ("org/name", "dataset", False, True))


def test_a_public_data_set_is_not_written_to_by_accident(tmp_path: Path) -> None:
    hub = StandIn(private=False)
    with pytest.raises(InputError, match="exists and is public"):
        push_export(exported(tmp_path), "org/name", hub=hub)
    assert "upload" not in dict(hub.calls)


def test_unknown_licenses_are_pushed_by_who_accepts_them(tmp_path: Path) -> None:
    done = export_corpus(corpus(tmp_path / "c", [row(1)]), tmp_path / "out", "openai")
    hub = StandIn()
    with pytest.raises(InputError, match="--accept-licenses"):
        push_export(done, "org/name", hub=hub)
    assert hub.calls == []
    push_export(done, "org/name", accept_licenses=True, hub=hub)
    assert hub.calls


def refusals() -> list[Any]:
    from httpx2 import ConnectError
    from huggingface_hub.errors import HFValidationError, LocalTokenNotFoundError, OfflineModeIsEnabled

    return [
        (LocalTokenNotFoundError("no token"), "wants a token"),
        (HFValidationError("bad name"), "bad name"),
        (OfflineModeIsEnabled("off"), "cannot be reached"),
        (ConnectError("refused"), "cannot be reached"),
    ]


@pytest.mark.parametrize(("error", "said"), refusals(), ids=lambda value: type(value).__name__)
def test_what_the_hub_refuses_is_said(tmp_path: Path, error: Exception, said: str) -> None:
    with pytest.raises(InputError, match=said):
        push(tmp_path, "org/name", hub=StandIn(error=error))


def test_a_name_without_an_owner_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ORG/NAME"):
        push(tmp_path, "name", hub=StandIn())


def test_a_key_in_the_environment_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_planted_secret")
    push_export(exported(tmp_path), "org/name", hub=StandIn())
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"hf_planted_secret" not in path.read_bytes()
