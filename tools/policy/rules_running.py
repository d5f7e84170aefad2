"""What the template makes works: nothing that mail, facts or clocks wait for is switched off."""

from __future__ import annotations

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_off, number
from tools.policy.rule import Found, rule
from tools.template_model import Template

_SWITCHES = {
    "AWS::Lambda::EventSourceMapping": "Enabled",
    "AWS::KMS::Key": "Enabled",
    "AWS::KMS::ReplicaKey": "Enabled",
    "AWS::SES::ConfigurationSet": "SendingOptions.SendingEnabled",
    "AWS::SES::ConfigurationSetEventDestination": "EventDestination.Enabled",
    "AWS::SES::ReceiptRule": "Rule.Enabled",
}
"""By type, the switch that leaves a resource there and takes away its work."""
_STATES = ("AWS::Events::Rule", "AWS::Scheduler::Schedule")


@rule
def switched_on(template: Template) -> Found:
    """Whatever takes work from a queue, a clock or a stream, or keeps data readable, is on."""
    for kind, switch in _SWITCHES.items():
        for name, properties in template.resources(kind).items():
            if is_off(at(properties, switch)):
                yield name, f"is switched off ({switch})"
    for kind in _STATES:
        for name, properties in template.resources(kind).items():
            if spelt(properties.get("State", "ENABLED")) == "DISABLED":
                yield name, "is switched off (State)"
    for name, function in template.resources("AWS::Lambda::Function").items():
        if number(function.get("ReservedConcurrentExecutions")) == 0:
            yield name, "never runs (ReservedConcurrentExecutions 0)"
