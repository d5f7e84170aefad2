"""Mail comes in and goes out over TLS, is scanned, stored and signed, and what becomes of it is told (SES)."""

from __future__ import annotations

from tools.policy.intrinsics import spelt
from tools.policy.reading import at, is_off, is_on, leads_to, listed, mappings
from tools.policy.rule import Found, rule
from tools.template_model import Json, Template

RECEIPT_RULE, CONFIGURATION, EVENTS = (
    "AWS::SES::ReceiptRule",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination",
)
_TOLD = {"bounce", "complaint", "delivery", "deliverydelay", "reject"}
_WATCHES_READERS = {"open", "click"}
_SUPPRESSED = {"BOUNCE", "COMPLAINT"}
_STAYS_INSIDE = {"sqs", "lambda", "firehose"}


@rule
def mail_in_over_tls(template: Template) -> Found:
    """A receipt rule takes mail over TLS only."""
    for name, properties in template.resources(RECEIPT_RULE).items():
        if at(properties, "Rule.TlsPolicy") != "Require":
            yield name, "TlsPolicy is not Require: mail comes in without TLS"


@rule
def mail_scanned(template: Template) -> Found:
    """A receipt rule scans for spam and viruses."""
    for name, properties in template.resources(RECEIPT_RULE).items():
        if not is_on(at(properties, "Rule.ScanEnabled")):
            yield name, "ScanEnabled is not true: mail is not scanned"


@rule
def mail_out_over_tls(template: Template) -> Found:
    """Mail goes out over TLS or not at all, from whichever identity."""
    for name, properties in template.resources(CONFIGURATION).items():
        if at(properties, "DeliveryOptions.TlsPolicy") != "REQUIRE":
            yield (
                name,
                "DeliveryOptions.TlsPolicy is not REQUIRE: mail goes out without TLS where the other side has none",
            )
    for name, properties in template.resources("AWS::SES::EmailIdentity").items():
        if not at(properties, "ConfigurationSetAttributes.ConfigurationSetName"):
            yield name, "sends by default without a configuration set, and so without TLS required"


@rule
def mail_stored(template: Template) -> Found:
    """A receipt rule writes the raw mail into a bucket, before anything else is done with it, and as it is.

    With KmsKeyArn SES would encrypt it on its side, in a form that few SDKs read.
    """
    for name, properties in template.resources(RECEIPT_RULE).items():
        first = next(mappings(at(properties, "Rule.Actions")), {})
        if not at(first, "S3Action.BucketName"):
            yield name, "its first action is no S3Action: mail is lost when what takes it fails"
        elif at(first, "S3Action.KmsKeyArn"):
            yield name, "S3Action.KmsKeyArn has SES encrypt the mail itself"


@rule
def mail_stays_inside(template: Template) -> Found:
    """What SES publishes of a mail, headers and all, goes to queues and functions, not out again."""
    told = {
        leads_to(template, at(action, f"{kind}.TopicArn"), "AWS::SNS::Topic")
        for properties in template.resources(RECEIPT_RULE).values()
        for action in mappings(at(properties, "Rule.Actions"))
        for kind in action
    }
    for name, subscription in template.resources("AWS::SNS::Subscription").items():
        topic = leads_to(template, subscription.get("TopicArn"), "AWS::SNS::Topic")
        protocol = spelt(subscription.get("Protocol"))
        if topic in told - {""} and protocol not in _STAYS_INSIDE:
            yield name, f"sends what SES tells of each mail out by {protocol}"


@rule
def mail_signed(template: Template) -> Found:
    """Mail goes out signed (DKIM)."""
    for name, properties in template.resources("AWS::SES::EmailIdentity").items():
        if is_off(at(properties, "DkimAttributes.SigningEnabled")):
            yield name, "DkimAttributes.SigningEnabled is false: mail goes out unsigned"


@rule
def mail_followed(template: Template) -> Found:
    """What becomes of a mail is told, addresses that bounced or complained are left alone, readers are not watched."""
    followed = {name: _told(template, name) for name in template.resources(CONFIGURATION)}
    for name, properties in template.resources(CONFIGURATION).items():
        missing = sorted(_TOLD - followed[name])
        if missing:
            yield name, f"nobody is told of {', '.join(missing)} (ConfigurationSetEventDestination)"
        reasons = at(properties, "SuppressionOptions.SuppressedReasons")
        if reasons is not None and not set(map(spelt, listed(reasons))) >= _SUPPRESSED:
            yield name, "SuppressionOptions lets mail go to addresses that bounced or complained"
    for name, destination in template.resources(EVENTS).items():
        watched = sorted(_WATCHES_READERS & _types(destination))
        if watched:
            yield name, f"watches who reads ({', '.join(watched)})"


def _told(template: Template, configuration: str) -> set[str]:
    """The kinds of event that some destination of a configuration set takes."""
    return {
        kind
        for destination in template.resources(EVENTS).values()
        if leads_to(template, destination.get("ConfigurationSetName"), CONFIGURATION) == configuration
        for kind in _types(destination)
    }


def _types(destination: Json) -> set[str]:
    return {
        spelt(kind).lower().replace("_", "") for kind in listed(at(destination, "EventDestination.MatchingEventTypes"))
    }
