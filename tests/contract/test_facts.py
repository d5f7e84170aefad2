"""What a fact is on the bus: a schema of its whole detail, which holds ids and nothing else, and which never changes."""

import json
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from letterlock.domain.facts import (
    Absent,
    Bounce,
    Fact,
    Id,
    MessageBounced,
    MessageSendFailed,
    NoteAdded,
    code,
    marks_of,
)
from letterlock.domain.outbox import unfold
from tools.event_schemas import SCHEMAS, all_facts, faults, file_of, schema_of, write
from tools.lambda_target import ROOT

SAMPLES = ROOT / "events" / "samples"
CONTENT = ("ana@customer.example", "Where is my lamp?", "Ana Müller", "résumé.pdf", "", "<b>", "a" * 200)


def committed(fact: type[Fact]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / file_of(fact)).read_text())
    return schema


def sample(fact: type[Fact]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((SAMPLES / "facts" / f"{fact.__name__}.json").read_text())
    return event


def fits(fact: type[Fact], detail: Any) -> bool:
    return Draft202012Validator(committed(fact)).is_valid(detail)


def test_the_committed_schemas_are_what_the_classes_say() -> None:
    assert list(faults(all_facts(), SCHEMAS)) == []


def test_every_fact_has_a_sample_and_every_sample_a_fact() -> None:
    assert {path.stem for path in (SAMPLES / "facts").glob("*")} == {fact.__name__ for fact in all_facts()}


@pytest.mark.parametrize("fact", all_facts())
def test_a_sample_is_the_event_that_the_bus_carries(fact: type[Fact]) -> None:
    Draft202012Validator.check_schema(committed(fact))
    event = sample(fact)
    Draft202012Validator(committed(fact)).validate(event["detail"])
    assert (event["source"], event["detail-type"]) == ("letterlock", fact.__name__)
    assert set(event["detail"]["data"]) == set(committed(fact)["properties"]["data"]["properties"])


@pytest.mark.parametrize("fact", all_facts())
def test_no_field_of_a_fact_takes_content(fact: type[Fact]) -> None:
    detail = sample(fact)["detail"]
    for part in ("metadata", "data"):
        for name in detail[part]:
            for said in CONTENT:
                assert not fits(fact, detail | {part: detail[part] | {name: said}}), (part, name, said)


@pytest.mark.parametrize("fact", all_facts())
def test_a_fact_has_no_field_more_and_none_less(fact: type[Fact]) -> None:
    detail = sample(fact)["detail"]
    assert not fits(fact, detail | {"subject": "x"})
    for part in ("metadata", "data"):
        assert not fits(fact, {name: value for name, value in detail.items() if name != part})
        assert not fits(fact, detail | {part: detail[part] | {"subject": "x"}})
        required = committed(fact)["properties"][part]["required"]
        for name in required:
            assert not fits(fact, detail | {part: {key: value for key, value in detail[part].items() if key != name}})


@pytest.mark.parametrize("fact", all_facts())
def test_a_fact_of_another_version_or_an_id_of_another_type_does_not_pass(fact: type[Fact]) -> None:
    detail = sample(fact)["detail"]
    assert not fits(fact, detail | {"metadata": detail["metadata"] | {"version": fact.version + 1}})
    assert not fits(fact, detail | {"data": detail["data"] | {"workspace": detail["metadata"]["id"]}})


def test_a_conversation_that_belongs_to_nobody_has_no_assignee() -> None:
    [fact] = [each for each in all_facts() if each.__name__ == "ConversationAssigned"]
    detail = sample(fact)["detail"]
    data = {name: value for name, value in detail["data"].items() if name != "assignee"}
    assert fits(fact, detail | {"data": data})


def test_the_facts_in_the_samples_of_other_events_are_facts() -> None:
    facts = {fact.__name__: fact for fact in all_facts()}
    stream = json.loads((SAMPLES / "outbox_relay.dynamodb.json").read_text())["Records"]
    told = [each for record in stream for each in unfold(record["dynamodb"]["NewImage"]["outbox"]["S"])]
    for path in SAMPLES.glob("outbound_email.*.json"):
        events = [json.loads(record["body"]) for record in json.loads(path.read_text())["Records"]]
        told += [(each["detail-type"], json.dumps(each["detail"])) for each in events]
    assert len(told) > len(stream)
    for name, detail in told:
        Draft202012Validator(committed(facts[name])).validate(json.loads(detail))


def test_a_fact_cannot_be_changed_once_it_happened() -> None:
    fact = NoteAdded("wsp_1", "cnv_1", "msg_1")
    with pytest.raises(FrozenInstanceError):
        fact.message = "msg_2"  # type: ignore[misc]  # what mypy says is what the test is about


@pytest.mark.parametrize("fact", all_facts())
def test_a_fact_that_its_schema_forbids_cannot_be_made(fact: type[Fact]) -> None:
    data = sample(fact)["detail"]["data"]
    assert fact(**data).data() == data
    for name in data:
        for said in (*CONTENT, "two words", "503", "Foo-Bar.Baz"):
            if said or Absent() not in marks_of(fact)[name]:
                with pytest.raises(ValueError, match=name):
                    fact(**data | {name: said})


def test_an_id_of_another_type_and_a_word_of_another_list_cannot_be_told() -> None:
    assert MessageBounced("wsp_1", "cnv_1", "msg_1", Bounce.HARD).data()["kind"] == "hard"
    with pytest.raises(ValueError, match="kind"):
        MessageBounced("wsp_1", "cnv_1", "msg_1", "loud")
    with pytest.raises(ValueError, match="message"):
        NoteAdded("wsp_1", "cnv_1", "cnv_1")


def test_what_cannot_be_a_fact_is_not_quoted() -> None:
    with pytest.raises(ValueError, match="reason") as refused:
        MessageSendFailed("wsp_1", "cnv_1", "msg_1", "ana@customer.example is full")
    assert "ana" not in str(refused.value)


def test_what_is_no_code_becomes_one() -> None:
    assert [code(each) for each in ("MessageRejected", "no_recipient", "a b", "503", "a" * 65, "x\n", "")] == [
        "MessageRejected",
        "no_recipient",
        *["other"] * 5,
    ]


# ---- a schema that was committed stays ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LampLit(Fact):
    """A lamp was lit."""

    lamp: Annotated[str, Id("lmp")]


def changed(fact: type[Fact], **attributes: Any) -> type[Fact]:
    """The class as a later commit has it, under the same name."""
    later = type(fact.__name__, (fact,), {"__slots__": (), "__doc__": fact.__doc__, **attributes})
    return dataclass(frozen=True)(later)


def in_another_room() -> type[Fact]:
    return changed(LampLit, __annotations__={"room": Annotated[str, Id("roo"), Absent()]}, room="")


def test_a_fact_without_a_schema_is_named(tmp_path: Path) -> None:
    assert [each.partition(" ")[0] for each in faults([LampLit], tmp_path)] == ["LampLit.v1.json"]
    write([LampLit], tmp_path)
    assert list(faults([LampLit], tmp_path)) == []
    assert json.loads((tmp_path / "LampLit.v1.json").read_text()) == schema_of(LampLit)


def test_another_shape_under_the_same_version_is_refused_and_not_written(tmp_path: Path) -> None:
    write([LampLit], tmp_path)
    before = (tmp_path / "LampLit.v1.json").read_text()
    [fault] = faults([in_another_room()], tmp_path)
    assert "version: ClassVar[int] = 2" in fault
    write([in_another_room()], tmp_path)
    assert (tmp_path / "LampLit.v1.json").read_text() == before
    assert list(faults([in_another_room()], tmp_path)) == [fault]


def test_another_version_is_written_beside_the_one_before_which_stays(tmp_path: Path) -> None:
    write([LampLit], tmp_path)
    before = (tmp_path / "LampLit.v1.json").read_text()
    second = changed(in_another_room(), version=2, __annotations__={"version": ClassVar[int]})
    write([second], tmp_path)
    assert list(faults([second], tmp_path)) == []
    assert (tmp_path / "LampLit.v1.json").read_text() == before
    (tmp_path / "LampLit.v1.json").unlink()
    assert [each.partition(" ")[0] for each in faults([second], tmp_path)] == ["LampLit.v1.json"]


def test_words_for_readers_may_change_under_a_version(tmp_path: Path) -> None:
    write([LampLit], tmp_path)
    reworded = changed(LampLit, __doc__="Somebody lit a lamp.")
    [fault] = faults([reworded], tmp_path)
    assert "make schemas" in fault
    write([reworded], tmp_path)
    assert list(faults([reworded], tmp_path)) == []


def test_a_schema_of_no_fact_is_named(tmp_path: Path) -> None:
    write([LampLit], tmp_path)
    for stray in ("LampLit.v2.json", "LampBroken.v1.json"):
        (tmp_path / stray).write_text("{}")
    assert sorted(faults([LampLit], tmp_path)) == [
        "LampBroken.v1.json belongs to no fact",
        "LampLit.v2.json belongs to no fact",
    ]


def test_a_field_that_does_not_say_what_may_stand_in_it_has_no_schema() -> None:
    anything = changed(LampLit, __annotations__={"remark": str}, remark="")
    with pytest.raises(TypeError, match="remark"):
        schema_of(anything)
