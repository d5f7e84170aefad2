"""The scanners of others are asked, and answer: a clean bill from one that never ran would look like any other."""

import json
from pathlib import Path

import pytest

from tools.policy.examination import SCANNERS
from tools.policy.scanners import ScannerFailed, cfn_lint, checkov

BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "orders"}}


def written(folder: Path, bucket: object) -> Path:
    path = folder / "expanded.json"
    path.write_text(json.dumps({"Resources": {"Orders": bucket}}), encoding="utf-8")
    return path


def test_cfn_lint_names_a_property_that_cloudformation_does_not_know(tmp_path: Path) -> None:
    misspelt = {"Type": "AWS::S3::Bucket", "Properties": {"BucketNam": "orders"}}
    assert [(each.rule, each.resource) for each in cfn_lint(written(tmp_path, misspelt))] == [
        ("cfn-lint E3002", "Orders.BucketNam")
    ]


def test_checkov_names_a_bucket_that_can_be_made_public(tmp_path: Path) -> None:
    assert ("checkov CKV_AWS_53", "Orders") in {
        (each.rule, each.resource) for each in checkov(written(tmp_path, BUCKET))
    }


def test_a_scanner_that_ends_with_1_and_says_nothing_gives_no_clean_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 1\n")
    silent.chmod(0o700)
    for name, scanner in SCANNERS.items():
        monkeypatch.setattr("tools.policy.scanners.CFN_LINT", silent)
        monkeypatch.setattr("tools.policy.scanners.CHECKOV", silent)
        with pytest.raises(ScannerFailed, match="silent gave no verdict"):
            pytest.fail(f"{name} answered {scanner(written(tmp_path, BUCKET))}")
