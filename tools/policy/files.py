"""A template from a file, expanded; or a sentence that says why there is none."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from cfnlint.decode import decode  # type: ignore[import-untyped]  # cfn-lint ships no types
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
    """As cfn-lint reads it, which tells the line, and minds a key that stands there twice."""
    matches: list[Any]
    try:
        path.read_text(encoding="utf-8")
        template, matches = decode(str(path))
    except (UnicodeError, ValueError) as broken:
        raise TemplateUnreadable(f"{path}: is neither YAML nor JSON: {broken}") from None
    if matches:
        first = matches[0]
        raise TemplateUnreadable(f"{path}, line {first.linenumber}: {first.message}")
    if not isinstance(template, dict) or not template:
        raise TemplateUnreadable(f"{path}: holds no mapping, so it is no CloudFormation template")
