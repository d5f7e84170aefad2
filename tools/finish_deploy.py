"""What CloudFormation cannot do after a deploy: make the receipt rule set the active one, and create a first workspace.

`python -m tools.finish_deploy ENV [--mailbox support@acme.example --workspace Acme] [--replace-active]`: ENV is one of
samconfig.toml's (dev, prod) and names the stack.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tools.lambda_target import ROOT


class DeployUnfinished(Exception):
    """A step could not be done; the message says what to do."""


def stack_of(environment: str) -> str:
    """The stack that `sam deploy --config-env` of this name deploys. Raises DeployUnfinished if there is none."""
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())
    try:
        name: str = settings[environment]["deploy"]["parameters"]["stack_name"]
    except KeyError:
        raise DeployUnfinished(f"samconfig.toml names no stack for ENV={environment}") from None
    return name


def outputs(session: boto3.session.Session, stack: str) -> dict[str, str]:
    """The stack's outputs by name."""
    described = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {one["OutputKey"]: one["OutputValue"] for one in described["Outputs"]}


def activate_receipt_rules(session: boto3.session.Session, rule_set: str, *, replace: bool) -> str:
    """Make `rule_set` the account's active one. Raises DeployUnfinished when another is active and may not be replaced.

    An account has one active rule set per Region (Amazon SES: "Creating receipt rules"): taking its place stops
    whatever mail the other one handled.
    """
    ses: Any = session.client("ses")
    active = ses.describe_active_receipt_rule_set().get("Metadata", {}).get("Name")
    if active == rule_set:
        return f"mail: the receipt rule set {rule_set} is active"
    if active and not replace:
        raise DeployUnfinished(
            f"the receipt rule set {active} is active in this Region, so no mail reaches this stack;\n"
            f"add its rules to yours, or replace it: make deploy ... REPLACE_ACTIVE=1"
        )
    ses.set_active_receipt_rule_set(RuleSetName=rule_set)
    return f"mail: the receipt rule set {rule_set} is active now"


def dns_records(session: boto3.session.Session, found: dict[str, str]) -> list[str]:
    """What the mail domain's DNS has to say: where mail goes, and the three keys that SES signs with."""
    domain = found["MailDomain"]
    tokens = session.client("sesv2").get_email_identity(EmailIdentity=domain)["DkimAttributes"].get("Tokens", [])
    signing = [f"{token}._domainkey.{domain} CNAME {token}.dkim.amazonses.com" for token in tokens]
    return [f"{domain} MX {found['MailExchanger']}", *signing]


def create_workspace(session: boto3.session.Session, function: str, mailbox: str, name: str) -> dict[str, str] | None:
    """Create a workspace with one mailbox and one token; None when the mailbox is there already.

    Raises DeployUnfinished with the function's own reason.
    """
    wanted = {"workspace": {"name": name}, "mailbox": {"address": mailbox, "name": name}}
    # Sent once: a second try after a timeout would find the address taken by the first, and its token unseen.
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60)
    client = session.client("lambda", config=config)
    answer = client.invoke(FunctionName=function, Payload=json.dumps(wanted).encode())
    made: dict[str, Any] = json.loads(answer["Payload"].read())
    if made.get("error", {}).get("type") == "conflict":
        return None
    if "FunctionError" in answer or "error" in made:
        reason = made.get("error", {}).get("detail") or made.get("errorType", "no reason given")
        raise DeployUnfinished(f"the workspace was not created: {reason}")
    return made


def finish(arguments: argparse.Namespace) -> None:
    """Do both steps and print what to do next."""
    session = boto3.session.Session(region_name=arguments.region)
    found = outputs(session, stack_of(arguments.environment))
    print(activate_receipt_rules(session, found["MailRuleSetName"], replace=arguments.replace_active))
    for record in dns_records(session, found):
        print(f"DNS:  {record}")
    print(f"API:  {found['ApiUrl']}")
    if arguments.mailbox:
        made = create_workspace(session, found["WorkspaceSetupFunctionName"], arguments.mailbox, arguments.workspace)
        if made is None:
            print(f"mailbox {arguments.mailbox} is there already: its workspace and tokens stay as they are")
            return
        print(f"workspace {made['workspace']}, mailbox {made['mailbox']}")
        print(f"token {made['token']}\n(shown this once: keep it where you keep secrets)")


def main() -> int:
    """Finish the deploy that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", help="dev or prod, as in samconfig.toml")
    parser.add_argument("--mailbox", help="the address of a first mailbox")
    parser.add_argument("--workspace", default="Support", help="the name of its workspace")
    parser.add_argument("--region", help="if it is not the one of your AWS settings")
    parser.add_argument("--replace-active", action="store_true", help="take the place of another active rule set")
    try:
        finish(parser.parse_args())
    except (DeployUnfinished, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
