"""The template as CloudFormation gets it: SAM's resources expanded, in process and offline.

`python -m tools.expand_template [FILE] [Parameter=value ...]` prints the result as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]  # aws-sam-translator ships no types
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]  # as above
from samtranslator.yaml_helper import intrinsics_multi_constructor  # type: ignore[import-untyped]  # as above

from tools.lambda_target import ROOT

TEMPLATE = ROOT / "template.yaml"
# The expansion only needs to know the partition.
REGION = "eu-west-1"
# SAM wants code in S3 before it expands; what stands there does not matter to the resources.
CODE_LOCATIONS = {"AWS::Serverless::Function": "CodeUri", "AWS::Serverless::LayerVersion": "ContentUri"}
UNBUILT_CODE = "s3://unbuilt/code.zip"
CODE_INSIDE = {"InlineCode", "ImageUri"}


class _Loader(yaml.CSafeLoader):
    """SAM's own reading of YAML, ten times as fast."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def load(path: Path = TEMPLATE) -> dict[str, Any]:
    """Read a template (YAML or JSON); short intrinsics (`!Ref x`) become their long form (`{"Ref": "x"}`)."""
    text = path.read_text(encoding="utf-8")
    if text.lstrip().startswith("{"):
        template: dict[str, Any] = json.loads(text)
    else:
        template = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe one
    return template


def expand(path: Path = TEMPLATE, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Expand the SAM template at `path`; a plain CloudFormation one comes back as it is.

    `parameters` override the template's defaults where SAM itself has to know a value (conditions stay conditions).
    Raises samtranslator's InvalidDocumentException on a template that SAM refuses.
    """
    template = load(path)
    if "Transform" not in template:
        return _plain(template)
    for resource in template["Resources"].values():
        _stand_in(resource, path.parent)
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name=REGION))
    return _plain(translator.translate(template, dict(parameters or {})))


def _stand_in(resource: dict[str, Any], folder: Path) -> None:
    """Put something in the place of code that is still to be built, and an API's description in that of its file."""
    properties = resource.get("Properties")
    if not isinstance(properties, dict):
        properties = resource["Properties"] = {}
    location = CODE_LOCATIONS.get(resource["Type"])
    code = properties.get(location)
    if (
        location
        and not CODE_INSIDE & set(properties)
        and not isinstance(code, dict)
        and not str(code).startswith("s3://")
    ):
        properties[location] = UNBUILT_CODE
    description = properties.get("DefinitionUri")
    if isinstance(description, str) and not description.startswith("s3://"):
        properties["DefinitionBody"] = load(folder / properties.pop("DefinitionUri"))


def _plain(template: dict[str, Any]) -> dict[str, Any]:
    """Through JSON: the translator's own dictionaries answer items() with a list, and YAML makes dates of versions."""
    plain: dict[str, Any] = json.loads(json.dumps(template, default=str))
    return plain


def main(arguments: list[str]) -> int:
    """Print the expanded template."""
    files = [argument for argument in arguments if "=" not in argument]
    parameters = dict(argument.split("=", 1) for argument in arguments if "=" in argument)
    json.dump(expand(Path(files[0]) if files else TEMPLATE, parameters), sys.stdout, indent=2)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
