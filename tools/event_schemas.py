"""Write the JSON Schema of every fact on the bus from its class: `python -m tools.event_schemas [--check]`.

One file a fact and version, of the event's whole `detail`. A schema that was committed is never written over: a fact
of another shape is another version, and both stay, for events of the old shape are in queues and in the bus's archive.
Only words for readers (title, description) may change under a version. With --check nothing is written, and a file
that differs from its class ends the build.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from letterlock.domain import facts
from letterlock.domain.facts import CODE, STRIPE_ID, Absent, Code, ConversationFact, Fact, Id, OneOf, StripeId, marks_of
from tools.lambda_target import ROOT

SCHEMAS = ROOT / "events" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
"""Crockford's base32, 128 bits (the ULID specification)."""
INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}\+00:00$"
TRACE = "^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$"
"""SES's message ids, API Gateway's request ids and our own: no address and no sentence is spelt like that."""
WORDS_FOR_READERS = ("title", "description")

Json = dict[str, Any]


def all_facts() -> list[type[Fact]]:
    """By name."""
    found = [each for each in vars(facts).values() if isinstance(each, type) and issubclass(each, Fact)]
    return sorted((each for each in found if each not in (Fact, ConversationFact)), key=lambda each: each.__name__)


def schema_of(fact: type[Fact]) -> Json:
    """Of the event's detail. Raises TypeError for a field that does not say what may stand in it."""
    marks = marks_of(fact)
    data = {name: _shape(fact, name, given) for name, given in marks.items()}
    required = [name for name, given in marks.items() if not any(isinstance(each, Absent) for each in given)]
    metadata = {
        "id": _text(f"^fct_{ULID}$"),
        "version": {"const": fact.version},
        "occurred_at": _text(INSTANT),
        "correlation_id": _text(TRACE),
        "causation_id": _text(TRACE),
    }
    return {
        "$schema": DIALECT,
        "$id": f"urn:letterlock:fact:{fact.__name__}:{fact.version}",
        "title": fact.__name__,
        "description": " ".join((fact.__doc__ or "").split()),
        **_object(
            {"metadata": _object(metadata, list(metadata)), "data": _object(data, required)}, ["metadata", "data"]
        ),
    }


def _shape(fact: type[Fact], name: str, marks: Sequence[object]) -> Json:
    for mark in marks:
        match mark:
            case Id(prefix):
                return _text(f"^{prefix or '[a-z]{3}'}_{ULID}$")
            case StripeId(prefix):
                return _text(f"^{prefix}_{STRIPE_ID}$")
            case OneOf():
                return {"enum": sorted(mark)}
            case Code():
                return _text(f"^{CODE}$")
    raise TypeError(f"{fact.__name__}.{name} does not say what may stand in it: see domain/facts.py")


def _text(pattern: str) -> Json:
    return {"type": "string", "pattern": pattern}


def _object(properties: Json, required: list[str]) -> Json:
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


# ---- the files ------------------------------------------------------------------------------------------------------


def file_of(fact: type[Fact], version: int = 0) -> str:
    return f"{fact.__name__}.v{version or fact.version}.json"


def text_of(fact: type[Fact]) -> str:
    return json.dumps(schema_of(fact), indent=1) + "\n"


def frozen(schema: Json) -> Json:
    """What may not change under a version."""
    return {name: value for name, value in schema.items() if name not in WORDS_FOR_READERS}


def faults(of: Sequence[type[Fact]], folder: Path) -> Iterator[str]:
    """Where the folder and the classes differ, and what to do about it."""
    for fact in of:
        path = folder / file_of(fact)
        if not path.exists():
            yield f"{path.name} is missing: run 'make schemas' and commit it"
        elif reshaped(fact, path):
            yield (
                f"{path.name} has another shape than its class: give the class `version: ClassVar[int] = "
                f"{fact.version + 1}`, then run 'make schemas'; consumers know this one"
            )
        elif path.read_text(encoding="utf-8") != text_of(fact):
            yield f"{path.name} says something else than its class: run 'make schemas' and commit it"
        for earlier in range(1, fact.version):
            if not (folder / file_of(fact, earlier)).exists():
                yield f"{file_of(fact, earlier)} is missing: events of that version are kept, and so is their schema"
    expected = {file_of(fact, version) for fact in of for version in range(1, fact.version + 1)}
    for path in sorted(folder.glob("*")):
        if path.name not in expected:
            yield f"{path.name} belongs to no fact"


def reshaped(fact: type[Fact], path: Path) -> bool:
    committed: Json = json.loads(path.read_text(encoding="utf-8"))
    return frozen(committed) != frozen(schema_of(fact))


def write(of: Sequence[type[Fact]], folder: Path) -> None:
    """All but those that would change the shape of a committed version."""
    folder.mkdir(parents=True, exist_ok=True)
    for fact in of:
        path = folder / file_of(fact)
        if not path.exists() or not reshaped(fact, path):
            path.write_text(text_of(fact), encoding="utf-8")


def main(arguments: list[str]) -> int:
    of = all_facts()
    if "--check" not in arguments:
        write(of, SCHEMAS)
    found = list(faults(of, SCHEMAS))
    for each in found:
        print(each)
    print(f"{len(of)} facts, {len(list(SCHEMAS.glob('*.json')))} schemas, {len(found)} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
