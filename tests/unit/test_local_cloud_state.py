"""The local cloud's settings, lock, saved state, artefacts and policies."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from letterlock.adapters.stripe_version import API_VERSION
from local.authorisation import as_judged_here
from local.connection import Connection, read_connection
from local.deploy import version_of
from local.lock import StateLock, running_endpoint
from local.packaging import zipped
from local.progress import Progress
from local.saved_state import prepare
from local.settings import LocalCloudError, from_environment
from local.stripe.saved import load, save
from local.stripe.stand_in import StandIn


def test_ports_come_from_the_environment_and_a_bad_one_is_named() -> None:
    settings = from_environment({"API_PORT": "9090"})
    assert (settings.api, settings.smtp) == ("http://127.0.0.1:9090", "127.0.0.1:2525")
    for bad in ("80a", "0", "70000", ""):
        with pytest.raises(LocalCloudError, match="SMTP_PORT"):
            from_environment({"SMTP_PORT": bad})


def test_workspaces_pay_here_unless_that_is_switched_off() -> None:
    assert from_environment({}).stripe == "http://127.0.0.1:12111"
    assert not from_environment({"BILLING": "false"}).bills


def test_another_port_of_stripes_is_another_deploy_for_functions_have_it_in_their_settings() -> None:
    versions = {version_of(from_environment(each), "d") for each in ({}, {"STRIPE_PORT": "9"}, {"BILLING": "false"})}
    assert len(versions) == 3


def test_what_stripes_stand_in_knows_stays_and_answers_alike_after_a_restart(tmp_path: Path) -> None:
    path, headers = tmp_path / "stripe.json", {"Authorization": "Bearer k", "Stripe-Version": API_VERSION}
    first, asked = (
        StandIn(lambda: 0.0),
        ("POST", "/v1/customers", "email=a@acme.example", headers | {"Idempotency-Key": "k"}),
    )
    made = first.answer(*asked)
    save(first, path)
    save(first, path)
    assert path.stat().st_mode & 0o777 == 0o600
    second = StandIn(lambda: 1.0)
    load(second, path)
    assert second.answer(*asked) == made
    assert (second.events, len(second.kept["customer"])) == (first.events, 1)
    _, other = second.answer("POST", "/v1/customers", "", headers | {"Idempotency-Key": "l"})
    assert other["id"] != made[1]["id"]
    load(StandIn(lambda: 0.0), tmp_path / "nothing.json")


def test_a_second_cloud_in_the_same_checkout_is_told_which_process_runs_the_first(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path), StateLock(tmp_path)
    first.acquire("http://127.0.0.1:4566")
    with pytest.raises(LocalCloudError, match=str(os.getpid())):
        second.acquire("http://127.0.0.1:4567")
    assert running_endpoint(tmp_path) == "http://127.0.0.1:4566"
    first.release()
    assert running_endpoint(tmp_path) is None
    second.acquire("http://127.0.0.1:4567")
    second.release()


def test_a_connection_is_private_and_reads_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    connection = Connection("http://127.0.0.1:8080", "llw_x", "127.0.0.1:2525", "support@demo.test", "wsp_1", "/outbox")
    connection.write(path)
    connection.write(path)
    assert read_connection(path) == connection
    assert path.stat().st_mode & 0o777 == 0o600
    of_an_import = {"mailbox_id", "stack", "region", "endpoint"}
    assert (
        set(json.loads(path.read_text()))
        == {
            "api",
            "token",
            "smtp",
            "mailbox",
            "workspace",
            "outbox",
        }
        | of_an_import
    )


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"api": 1}'])
def test_a_connection_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "connection.json"
    assert read_connection(path) is None
    path.write_text(content)
    assert read_connection(path) is None


def test_after_a_restart_stream_readers_begin_anew_and_queues_have_the_new_port(tmp_path: Path) -> None:
    positions = {"000000000000\0us-east-1\0'reader-17'": 7}
    (tmp_path / "lambda.json").write_text(
        json.dumps({"payload": {"dynamodb_stream_positions": {"__account_region_scoped__": True, "data": positions}}})
    )
    (tmp_path / "sqs.json").write_text('{"http://localhost:4566/000000000000/inbound": 7}')
    prepare(tmp_path, 5000)
    payload = json.loads((tmp_path / "lambda.json").read_text())["payload"]
    assert payload["dynamodb_stream_positions"]["data"] == dict.fromkeys(positions, 0)
    assert json.loads((tmp_path / "sqs.json").read_text()) == {"http://localhost:5000/000000000000/inbound": 7}


def test_a_first_start_has_no_state_to_put_right(tmp_path: Path) -> None:
    prepare(tmp_path, 4566)
    assert list(tmp_path.iterdir()) == []


def test_the_same_files_make_the_same_archive_whenever_they_were_written(tmp_path: Path) -> None:
    archives = []
    for name, moment in (("a", 1), ("b", 2_000_000_000)):
        folder = tmp_path / name
        folder.mkdir()
        for file in ("z.py", "a.py"):
            (folder / file).write_text("pass\n")
            os.utime(folder / file, (moment, moment))
        archives.append(zipped(folder))
    assert archives[0] == archives[1]
    (tmp_path / "b" / "a.py").write_text("pass  \n")
    assert zipped(tmp_path / "b") != archives[0]


def test_only_what_ministack_cannot_judge_is_left_out_of_the_policies() -> None:
    def statement(effect: str, action: str | list[str], condition: dict[str, Any] | None = None) -> dict[str, Any]:
        made: dict[str, Any] = {"Effect": effect, "Action": action, "Resource": "this/*"}
        return made | ({"Condition": condition} if condition else {})

    sending = ["ses:SendEmail", "ses:SendRawEmail"]
    via = {"kms:ViaService": "dynamodb.amazonaws.com"}
    template = _template(
        statement("Deny", "s3:*", {"Bool": {"aws:SecureTransport": "false"}}),
        statement("Deny", "kms:*", {"Null": {"kms:EncryptionContext:workspace": "true"}}),
        statement("Allow", "kms:Decrypt", {"StringEquals": {"kms:EncryptionContext:app": "letterlock", **via}}),
        statement("Allow", "dynamodb:GetItem", {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["wsp_*"]}}),
        statement("Allow", sending),
        statement("Allow", ["ses:SendEmail", "s3:GetObject"]),
        statement("Deny", "dynamodb:DeleteItem"),
    )
    as_judged_here(template)
    assert template == _template(
        statement("Allow", "kms:Decrypt", {"StringEquals": via}),
        statement("Allow", "dynamodb:GetItem"),
        {**statement("Allow", sending), "Resource": "*"},
        statement("Allow", ["ses:SendEmail", "s3:GetObject"]),
        statement("Deny", "dynamodb:DeleteItem"),
    )


def test_a_secret_is_granted_by_its_arn_where_the_template_refers_to_it() -> None:
    grant = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Ref": "Key"}}
    template = _template(grant)
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": {"Fn::Sub": "${AWS::StackName}-key"}}}
    template["Resources"]["Key"] = secret
    as_judged_here(template)
    [judged] = template["Resources"]["Role"]["Properties"]["Policies"][0]["Statement"]
    arn = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${AWS::StackName}-key-*"
    assert judged == {**grant, "Resource": {"Fn::Sub": arn}}


def _template(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": {"Role": {"Properties": {"Policies": [{"Statement": list(statements)}]}}}}


def test_the_first_step_that_fails_is_the_one_that_is_named() -> None:
    out = io.StringIO()
    progress = Progress(out)
    with progress.step("Started") as step:
        step.found("here")
    with pytest.raises(LocalCloudError), progress.step("Sent"):
        raise LocalCloudError("refused")
    with progress.step("Stopped"):
        pass
    assert progress.failed_step == "Sent"
    assert [line.split(" s  ")[1] for line in out.getvalue().splitlines()] == ["Started: here", "Stopped"]
