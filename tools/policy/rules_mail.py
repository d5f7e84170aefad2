"""Mail comes in and goes out over TLS, and is scanned on the way in (SES)."""

from __future__ import annotations

from tools.policy.reading import at, is_off, is_on
from tools.policy.rule import Found, rule
from tools.template_model import Template


@rule
def mail_in_over_tls(template: Template) -> Found:
    """A receipt rule takes mail over TLS only."""
    for name, properties in template.resources("AWS::SES::ReceiptRule").items():
        if at(properties, "Rule.TlsPolicy") != "Require":
            yield name, "TlsPolicy is not Require: mail comes in without TLS"


@rule
def mail_scanned(template: Template) -> Found:
    """A receipt rule scans for spam and viruses."""
    for name, properties in template.resources("AWS::SES::ReceiptRule").items():
        if not is_on(at(properties, "Rule.ScanEnabled")):
            yield name, "ScanEnabled is not true: mail is not scanned"
        if is_off(at(properties, "Rule.Enabled")):
            yield name, "the receipt rule is switched off"


@rule
def mail_out_over_tls(template: Template) -> Found:
    """Mail goes out over TLS or not at all, from whichever identity."""
    for name, properties in template.resources("AWS::SES::ConfigurationSet").items():
        if at(properties, "DeliveryOptions.TlsPolicy") != "REQUIRE":
            yield (
                name,
                "DeliveryOptions.TlsPolicy is not REQUIRE: mail goes out without TLS where the other side has none",
            )
    for name, properties in template.resources("AWS::SES::EmailIdentity").items():
        if not at(properties, "ConfigurationSetAttributes.ConfigurationSetName"):
            yield name, "sends by default without a configuration set, and so without TLS required"
