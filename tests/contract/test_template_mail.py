"""How mail comes in and goes out, and for which resource of ours an AWS service acts."""

from typing import Any

import pytest

from tools.template_model import Statement, Template, target, template_under_test

# The resource types that the local cloud does not know: the only ones that may be missing there.
ONLY_ON_AWS = {
    "AWS::SES::ReceiptRuleSet",
    "AWS::SES::ReceiptRule",
    "AWS::Events::Archive",
    "AWS::WAFv2::WebACLAssociation",
}
POLICIES = ("AWS::KMS::Key", "AWS::S3::BucketPolicy", "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy")
SES_RULES = {"MailTakenRule", "MailDeliveredRule", "MailBouncedRule", "MailComplainedRule", "MailDelayedRule"}
NAMES_A_RESOURCE = {
    "aws:SourceArn",
    "kms:EncryptionContext:aws:logs:arn",
    "kms:EncryptionContext:aws:events:event-bus:arn",
}
RECEIPT_RULE = (
    "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
    "receipt-rule-set/${AWS::StackName}-mail:receipt-rule/inbound"
)


@pytest.fixture(name="template")
def _template() -> Template:
    return template_under_test()


def receipt_rule(template: Template) -> dict[str, Any]:
    (rule,) = template.resources("AWS::SES::ReceiptRule").values()
    found: dict[str, Any] = rule["Rule"]
    return found


def test_mail_to_every_verified_domain_is_taken(template: Template) -> None:
    """Workspaces' own are verified while the stack runs: a rule without recipients is for them all."""
    rule = receipt_rule(template)
    assert rule["Enabled"] is True
    assert "Recipients" not in rule


def test_mail_is_stored_before_anybody_is_told_of_it(template: Template) -> None:
    (action,) = receipt_rule(template)["Actions"]
    s3 = action["S3Action"]
    assert (target(s3["BucketName"]), s3["ObjectKeyPrefix"], target(s3["TopicArn"])) == (
        "InboundBucket",
        "inbound/",
        "InboundTopic",
    )
    # SES's own client-side encryption cannot be read with boto3; the bucket encrypts.
    assert "KmsKeyArn" not in s3


def test_the_rule_starts_only_once_its_bucket_and_topic_let_it_in(template: Template) -> None:
    (name,) = template.resources("AWS::SES::ReceiptRule")
    assert set(template.resource(name)["DependsOn"]) == {
        "InboundBucketPolicy",
        "InboundTopicPolicy",
        "InboundTopicSubscription",
    }


def test_mail_goes_out_through_the_one_configuration_set(template: Template) -> None:
    (settings,) = template.resources("AWS::SES::ConfigurationSet").values()
    assert settings["ReputationOptions"] == {"ReputationMetricsEnabled": True}
    assert settings["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}
    (identity,) = template.resources("AWS::SES::EmailIdentity").values()
    assert target(identity["ConfigurationSetAttributes"]["ConfigurationSetName"]) == "MailConfigurationSet"


def test_only_what_the_local_cloud_does_not_know_is_missing_from_it(template: Template) -> None:
    assert set(template.under("OnAws").values()) == ONLY_ON_AWS
    everything = {resource["Type"] for resource in template.body["Resources"].values()}
    assert everything >= ONLY_ON_AWS
    assert set(template.resources("AWS::SES::ReceiptRule")) <= set(template.under("OnAws"))


def service_statements(template: Template) -> list[Statement]:
    return [one for kind in POLICIES for one in template.statements(kind) if one.allows and one.services]


def test_a_service_acts_for_one_named_resource_of_ours(template: Template) -> None:
    unnamed = [
        (one.owner, one.sid) for one in service_statements(template) if not NAMES_A_RESOURCE & one.condition_keys
    ]
    # A bus does not exist yet when EventBridge looks at the key that it shall have.
    assert unnamed == [("StackKey", "BusLooksAtKey")]


def test_ses_may_write_mail_for_the_one_receipt_rule_only(template: Template) -> None:
    for one in service_statements(template):
        if one.services == ["ses.amazonaws.com"]:
            assert one.body["Condition"]["StringEquals"]["aws:SourceArn"] == {"Fn::Sub": RECEIPT_RULE}, one.owner
    assert receipt_rule(template)["Name"] == "inbound"
    (rules,) = template.resources("AWS::SES::ReceiptRuleSet").values()
    assert rules["RuleSetName"] == {"Fn::Sub": "${AWS::StackName}-mail"}


def test_a_queue_takes_messages_from_its_own_source_only(template: Template) -> None:
    sources = {
        one.owner.removesuffix("Policy"): one.body["Condition"]["ArnEquals"]["aws:SourceArn"]
        for one in template.statements("AWS::SQS::QueuePolicy")
        if one.allows and one.services != ["s3.amazonaws.com"]
    }
    fed = {
        name: target(source) if isinstance(source, dict) else {target(one) for one in source}
        for name, source in sources.items()
    }
    assert fed == {
        "InboundEmailQueue": "InboundTopic",
        "InboundTopicDlq": "InboundTopic",
        "AccountMailQueue": "AccountMailRule",
        "AcknowledgementQueue": "AcknowledgementRule",
        "AgentNotificationsQueue": "AgentNotificationsRule",
        "AttachmentScanQueue": "AttachmentScanRule",
        "BillingEventsQueue": "BillingEventsRule",
        "BillingEventsDlq": "BillingEventsRule",
        "OutboundEmailQueue": "ReplyQueuedRule",
        "TokenRevocationQueue": "RevocationRule",
        "DeliveryEventsQueue": SES_RULES,
        "DeliveryEventsRulesDlq": SES_RULES,
        "FactsBusDlq": {
            "AccountMailRule",
            "AcknowledgementRule",
            "AgentNotificationsRule",
            "AttachmentScanRule",
            "FactsBus",
            "ReplyQueuedRule",
            "RevocationRule",
        },
    }


def test_a_bucket_fills_the_one_queue_that_looks_into_files_and_only_the_uploads_of_this_account_do(
    template: Template,
) -> None:
    """Its policy and the bucket each would have to be there before the other, so the bucket is named by a pattern."""
    (one,) = [one for one in template.statements("AWS::SQS::QueuePolicy") if one.services == ["s3.amazonaws.com"]]
    assert one.owner == "AttachmentScanQueuePolicy"
    assert one.body["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {"aws:SourceArn": {"Fn::Sub": "arn:${AWS::Partition}:s3:::*-uploadsbucket-*"}},
    }
    bucket = template.resource("UploadsBucket")
    told = bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert [(each["Event"], target(each["Queue"])) for each in told] == [("s3:ObjectCreated:*", "AttachmentScanQueue")]
    assert bucket["DependsOn"] in ("AttachmentScanQueuePolicy", ["AttachmentScanQueuePolicy"])


def test_the_relay_sees_commits_with_an_outbox_and_nothing_else(template: Template) -> None:
    mapping = template.resources("AWS::Lambda::EventSourceMapping")["OutboxRelayFunctionOutbox"]
    assert mapping["FilterCriteria"]["Filters"] == [
        {"Pattern": '{"eventName": ["INSERT"], "dynamodb": {"NewImage": {"outbox": {"S": [{"exists": true}]}}}}'}
    ]


def test_a_queued_reply_goes_to_the_function_that_sends(template: Template) -> None:
    rule = template.resources("AWS::Events::Rule")["ReplyQueuedRule"]
    assert rule["EventPattern"] == {"source": ["letterlock"], "detail-type": ["ReplyQueued"]}
    assert target(rule["EventBusName"]) == "FactsBus"
    (where,) = rule["Targets"]
    assert target(where["Arn"]) == "OutboundEmailQueue"
    assert where["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86_400
