"""Functions are traced, log where somebody forgets in time, and hold no secret in their environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_on, leads_to, mappings, number, referred
from tools.policy.rule import Found, rule
from tools.template_model import Json, Template

FUNCTION, LOG_GROUP = "AWS::Lambda::Function", "AWS::Logs::LogGroup"
_SECRET_NAME = re.compile(
    r"SECRET|PASSW(OR)?D|PASSPHRASE|PASSCODE|TOKEN|CREDENTIAL|PEPPER|HMAC|CONNECTION_?STRING|(^|_)(PWD|PASS|PIN|JWT)$"
    r"|(PRIVATE|API|ACCESS|SIGNING|SIGNATURE|WEBHOOK|ENCRYPTION|MASTER|SESSION|SHARED|STRIPE|MAC)_?KEY",
    re.I,
)
_NAMES_ONE = re.compile(
    r"_(ARN|ID|IDS|NAME|NAMES|URL|URI|PATH|TABLE|BUCKET|QUEUE|TOPIC|TTL|SECONDS|MINUTES|DAYS|LENGTH|ENABLED)$", re.I
)
_SECRET_VALUE = re.compile(
    r"AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16}|-----BEGIN|\b(sk|rk)_(live|test)_\w+|\bwhsec_\w+|gh[pousr]_\w{30,}|xox[abprs]-"
    r"|\{\{resolve:(secretsmanager|ssm-secure):|eyJ[\w-]{10,}\.[\w-]{10,}\.|://[^/\s:@]+:[^/\s@]+@"
    r"|(?<![\w/+.:-])(?=[\w/+-]*\d)(?=[\w/+-]*[a-z])(?=[\w/+-]*[A-Z])[\w/+-]{32,}={0,2}(?![\w/+.:-])|(?<!\w)[0-9a-f]{32,}(?!\w)"
)
_OWN_MACHINE = re.compile(
    r"(?<![\w.-])(localhost|127(\.\d{1,3}){3}|0\.0\.0\.0|169\.254(\.\d{1,3}){2})(?![\w.-])|\[?::1\]?(?![\w:])|(?<!\w)0{12}(?!\w)",
    re.I,
)


_PLAIN = re.compile(r"(Arn|Id|Ids|Name|Names|Url|Path|Days|Seconds|Minutes|Length|Count|Limit|Enabled)$")
"""Ends of a parameter's name that say where something lies, or how much of it there is."""
_LOGS_EVENTS = ("POWERTOOLS_LOGGER_LOG_EVENT", "POWERTOOLS_DEBUG", "POWERTOOLS_DEV")
"""Switches of Powertools: whole events in the log, its own steps, stack traces in answers."""
_OFF = {"", "0", "n", "no", "f", "false", "off"}


@rule
def tracing(template: Template) -> Found:
    """Every function and state machine is traced."""
    for name, function in template.resources(FUNCTION).items():
        if at(function, "TracingConfig.Mode") != "Active":
            yield name, "tracing is off (TracingConfig.Mode is not Active)"
    for name, machine in template.resources("AWS::StepFunctions::StateMachine").items():
        if not is_on(at(machine, "TracingConfiguration.Enabled")):
            yield name, "tracing is off"


@rule
def log_retention(template: Template) -> Found:
    """Every log group forgets after a while."""
    for name, group in template.resources(LOG_GROUP).items():
        if not number(group.get("RetentionInDays")):
            yield name, "RetentionInDays is missing: logs are kept for ever"


@rule
def log_encryption(template: Template) -> Found:
    """Every log group is encrypted with a KMS key."""
    for name, group in template.resources(LOG_GROUP).items():
        if not group.get("KmsKeyId"):
            yield name, "KmsKeyId is missing: logs are encrypted by no key of ours"


@rule
def function_log_group(template: Template) -> Found:
    """A function logs into a group of the template, not into one that Lambda makes, which keeps everything for ever."""
    made = {spelt(group.get("LogGroupName")) for group in template.resources(LOG_GROUP).values()}
    for name, function in template.resources(FUNCTION).items():
        by_name = {f"/aws/lambda/${{{name}}}", f"/aws/lambda/{spelt(function.get('FunctionName', ''))}"}
        if not leads_to(template, at(function, "LoggingConfig.LogGroup"), LOG_GROUP) and not by_name & made:
            yield name, "logs into a group that is not in the template"


@rule
def logged_events(template: Template) -> Found:
    """No function writes its events into its log, or its insides into its answers."""
    for name, variable, value in _variables(template):
        if variable in _LOGS_EVENTS and spelt(value).lower() not in _OFF:
            yield name, f"{variable} brings content into the log"
    for name, machine in template.resources("AWS::StepFunctions::StateMachine").items():
        if is_on(at(machine, "LoggingConfiguration.IncludeExecutionData")):
            yield name, "LoggingConfiguration.IncludeExecutionData brings content into the log"


@rule
def secret_in_template(template: Template) -> Found:
    """No secret stands in the template: whoever may read the repository or the stack would have it."""
    for name, secret in template.resources("AWS::SecretsManager::Secret").items():
        text = spelt(secret.get("SecretString", ""))
        if text and "${" not in text:
            yield name, "SecretString is written out (GenerateSecretString makes one that nobody has read)"
    for name, parameter in (template.body.get("Parameters") or {}).items():
        if is_on(at(parameter, "NoEcho")) and parameter.get("Default"):
            yield name, "a NoEcho parameter has a default, which everybody can read"
        elif not is_on(at(parameter, "NoEcho")) and _SECRET_NAME.search(name) and not _PLAIN.search(name):
            yield name, "a parameter named like a secret is shown to whoever may read the stack (NoEcho)"


@rule
def secret_in_environment(template: Template) -> Found:
    """No environment variable holds a secret: whoever may read a function's configuration would have it."""
    hidden = {name for name, one in (template.body.get("Parameters") or {}).items() if is_on(at(one, "NoEcho"))}
    for name, variable, value in _variables(template):
        text = spelt(value)
        if _SECRET_VALUE.search(text):
            yield name, f"environment variable {variable} holds what looks like a secret"
        elif any(f"${{{each}}}" in text for each in hidden):
            yield name, f"environment variable {variable} holds a NoEcho parameter"
        elif _SECRET_NAME.search(variable) and not _NAMES_ONE.search(variable) and not _tells_nothing(template, value):
            yield name, f"environment variable {variable} is named like a secret, and its value is no ARN of one"


@rule
def own_machine_in_environment(template: Template) -> Found:
    """No function is told to call its own machine, or where AWS keeps a machine's credentials, or that it is on none of
    AWS's accounts, where it would believe that it may.
    """
    for name, variable, value in _variables(template):
        if _OWN_MACHINE.search(spelt(value)):
            yield (
                name,
                f"environment variable {variable} leads to the machine that the function runs on, or poses as it",
            )


def _tells_nothing(template: Template, value: Any) -> bool:
    """Where something lies, not what it is: an ARN, a URL, a reference to a resource. Nor is a number or a switch."""
    text = spelt(value)
    return bool(re.match(r"arn:|https?://|-?\d*$|(true|false)$", text)) or bool(referred(template, value))


def _variables(template: Template) -> Iterator[tuple[str, str, Any]]:
    """Resource, variable and value, wherever a template sets an environment."""
    for name, function in template.resources(FUNCTION).items():
        for variable, value in _pairs(at(function, "Environment.Variables")):
            yield name, variable, value
    for name, stage in template.resources("AWS::ApiGateway::Stage").items():
        for variable, value in _pairs(stage.get("Variables")):
            yield name, variable, value
    for name, task in template.resources("AWS::ECS::TaskDefinition").items():
        for container in mappings(task.get("ContainerDefinitions")):
            for each in mappings(container.get("Environment")):
                yield name, spelt(each.get("Name")), each.get("Value")


def _pairs(variables: Json | Any) -> Iterator[tuple[str, Any]]:
    if isinstance(variables, dict):
        yield from ((str(key), value) for key, value in variables.items())
