"""A template from a file, expanded; or a sentence that says why there is none."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import yaml
from samtranslator.model.exceptions import (  # type: ignore[import-untyped]  # aws-sam-translator ships no types
    ExceptionWithMessage,
    InvalidDocumentException,
)

from tools.expand_template import expand
from tools.template_model import Json


class TemplateUnreadable(Exception):
    """There is no template to judge; the sentence says why."""


def expanded(path: Path) -> Json:
    """The template at `path`, YAML or JSON, SAM expanded. Raises TemplateUnreadable."""
    if not path.is_file():
        raise TemplateUnreadable(f"{path}: there is no such file")
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    _must_parse(path)
    try:
        body = expand(path)
    except InvalidDocumentException as refused:
        causes = "; ".join(str(cause.message) for cause in refused.causes) or refused.message
        raise TemplateUnreadable(f"{path}: SAM refuses it: {causes}") from None
    except ExceptionWithMessage as refused:
        raise TemplateUnreadable(f"{path}: SAM refuses it: {refused.message}") from None
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as broken:
        raise TemplateUnreadable(f"{path}: cannot be expanded: {broken!r}") from None
    if not isinstance(body.get("Resources"), dict) or not body["Resources"]:
        raise TemplateUnreadable(f"{path}: has no Resources, so it is no CloudFormation template")
    return body


def _must_parse(path: Path) -> None:
    """Tell the line of what is broken, and mind a key that stands there twice: parsers keep the last without a word."""
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip().startswith("{"):
            found: Any = json.loads(text, object_pairs_hook=_no_key_twice)
        else:
            found = yaml.compose(text, Loader=yaml.SafeLoader)
            _no_node_twice(found)
    except UnicodeError as broken:
        raise TemplateUnreadable(f"{path}: is neither YAML nor JSON: {broken}") from None
    except json.JSONDecodeError as broken:
        raise TemplateUnreadable(f"{path}, line {broken.lineno}: {broken.msg}") from None
    except yaml.MarkedYAMLError as broken:
        line = broken.problem_mark.line + 1 if broken.problem_mark else 0
        raise TemplateUnreadable(f"{path}, line {line}: {broken.problem}") from None
    except (RecursionError, ValueError, yaml.YAMLError) as broken:
        raise TemplateUnreadable(f"{path}: {' '.join(str(broken).split())}") from None
    if not isinstance(found, dict | yaml.MappingNode):
        raise TemplateUnreadable(f"{path}: holds no mapping, so it is no CloudFormation template")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> Json:
    keys = [key for key, _ in pairs]
    twice = [key for key in keys if keys.count(key) > 1]
    if twice:
        raise ValueError(f"the key {twice[0]} stands there twice")
    return dict(pairs)


def _no_node_twice(node: Any) -> None:
    """Raises ValueError for a mapping in which a key stands twice."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen and key.value != "<<":
                raise ValueError(f"line {key.start_mark.line + 1}: the key {key.value} stands there twice")
            seen.add(str(key.value))
            _no_node_twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _no_node_twice(value)
