"""Every weakening that is tried on our template: what each rule guards, on every resource that has it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from tools.policy.deployments import as_deployed
from tools.policy.reading import at, leads_to, number
from tools.policy.rules_mail import CONFIGURATION, EVENTS, RECEIPT_RULE
from tools.policy.rules_queues import FUNCTION, MAPPING, QUEUE, dead_letter_queues, queue_mappings, watched
from tools.policy.rules_stores import empties_itself
from tools.policy.weaken import Guard, Weakening, without
from tools.policy.weakened_statements import weakened_statements
from tools.template_model import Json

TABLE, BUCKET, KEY = "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::KMS::Key"
API, STAGE, ACL = "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::WAFv2::WebACL"
ALARM, RULE, GROUP = "AWS::CloudWatch::Alarm", "AWS::Events::Rule", "AWS::Logs::LogGroup"
SUBSCRIPTION, SCHEDULE, SECRET = "AWS::SNS::Subscription", "AWS::Scheduler::Schedule", "AWS::SecretsManager::Secret"
_P = "Properties"


def _sixth(seconds: Any) -> int:
    """A queue's visibility timeout as long as its function's own."""
    return int(number(seconds) or 0) // 6


def _one_more(seconds: Any) -> int:
    """A function's timeout a second longer: its queue's visibility timeout is just six times what it was."""
    return int(number(seconds) or 0) + 1


def _less(seconds: Any) -> int:
    return int(number(seconds) or 0) - 1


def _of_queues(body: Json) -> tuple[Guard, ...]:
    template = as_deployed(body)
    mapped = list(queue_mappings(template))
    takes, feeds = frozenset(one for one, *_ in mapped), frozenset(one for _, _, one, _ in mapped)
    fed, aside = frozenset(one for *_, one in mapped), set(dead_letter_queues(template))
    ends = frozenset(
        leads_to(template, at(one, "RedrivePolicy.deadLetterTargetArn"), QUEUE)
        for one in template.resources(QUEUE).values()
    )
    watches = frozenset(name for name, one in template.resources(ALARM).items() if set(watched(template, one)) & aside)
    return (
        Guard("queue-visibility", QUEUE, f"{_P}.VisibilityTimeout", (_sixth, 30, 0), names=feeds),
        Guard("queue-visibility", FUNCTION, f"{_P}.Timeout", (900, _one_more), or_gone=False, names=fed),
        Guard("queue-tries", QUEUE, f"{_P}.RedrivePolicy.maxReceiveCount", (2, 1, "1")),
        Guard("queue-dead-letters", QUEUE, f"{_P}.RedrivePolicy", names=feeds),
        Guard("dead-letter-alarm", ALARM, f"{_P}.AlarmActions", ([],), names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.ActionsEnabled", (False,), put=True, names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.Namespace", ("AWS/Lambda",), names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.Threshold", (1, 1000), names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.ComparisonOperator", ("LessThanThreshold",), names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.MetricName", ("NumberOfMessagesReceived",), names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.Dimensions", ([],), names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.Statistic", ("Minimum", "Average"), or_gone=False, names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.EvaluationPeriods", (1000,), or_gone=False, names=watches),
        Guard("dead-letter-alarm", ALARM, f"{_P}.Period", (86_400,), or_gone=False, names=watches),
        Guard("queue-retention", QUEUE, f"{_P}.MessageRetentionPeriod", (60,), or_gone=False),
        Guard("queue-retention", QUEUE, f"{_P}.MessageRetentionPeriod", (_less,), or_gone=False, names=ends),
        Guard("partial-batches", MAPPING, f"{_P}.FunctionResponseTypes", ([],)),
        Guard("bounded-pace", MAPPING, f"{_P}.ScalingConfig", names=takes),
        Guard("bounded-pace", MAPPING, f"{_P}.ScalingConfig.MaximumConcurrency", (1000,), names=takes),
        Guard("bounded-pace", FUNCTION, f"{_P}.ReservedConcurrentExecutions", (1,), or_gone=False, names=fed),
        Guard("stream-failures", MAPPING, f"{_P}.DestinationConfig"),
        Guard("stream-failures", MAPPING, f"{_P}.MaximumRetryAttempts", (0, 1), or_gone=False),
        Guard("target-dead-letters", RULE, f"{_P}.Targets.*.DeadLetterConfig"),
        Guard("target-dead-letters", SCHEDULE, f"{_P}.Target.DeadLetterConfig"),
        Guard("target-dead-letters", SUBSCRIPTION, f"{_P}.RedrivePolicy"),
        Guard("target-dead-letters", "AWS::Events::EventBus", f"{_P}.DeadLetterConfig"),
    )


def _of_declared(body: Json) -> tuple[Guard, ...]:
    """What a resource says of itself in its metadata, or by what it is for."""
    template = as_deployed(body)
    once, copies = _declares(body, "WrittenOnce"), _declares(body, "CopiesForDays")
    emptied = frozenset(name for name, one in template.resources(BUCKET).items() if empties_itself(one))
    topics = [at(one, "Rule.Actions") for one in template.resources(RECEIPT_RULE).values()]
    told = frozenset(
        name
        for name, one in template.resources(SUBSCRIPTION).items()
        if leads_to(template, one["TopicArn"], "AWS::SNS::Topic") in str(topics)
    )
    lock, recovery = f"{_P}.ObjectLockConfiguration", f"{_P}.PointInTimeRecoverySpecification.RecoveryPeriodInDays"
    expiry = f"{_P}.LifecycleConfiguration.Rules.*"
    return (
        Guard("written-once", BUCKET, lock, names=once),
        Guard("written-once", BUCKET, f"{_P}.ObjectLockEnabled", (False,), names=once),
        Guard("written-once", BUCKET, f"{lock}.Rule.DefaultRetention.Mode", ("GOVERNANCE",), names=once),
        Guard("written-once", BUCKET, f"{lock}.Rule.DefaultRetention.Days", (1,), names=once),
        Guard("written-once", TABLE, f"{_P}.ResourcePolicy", names=once),
        Guard("point-in-time-recovery", TABLE, recovery, (35,), names=copies),
        Guard("old-versions", BUCKET, f"{expiry}.NoncurrentVersionExpiration", names=emptied),
        Guard("retained", BUCKET, f"{expiry}.ExpirationInDays", (3650,), names=emptied),
        Guard("mail-stays-inside", SUBSCRIPTION, f"{_P}.Protocol", ("email", "https"), or_gone=False, names=told),
    )


def _declares(body: Json, what: str) -> frozenset[str]:
    return frozenset(name for name, one in body["Resources"].items() if at(one, f"Metadata.Letterlock.{what}"))


_ALGORITHM = f"{_P}.BucketEncryption.ServerSideEncryptionConfiguration.*.ServerSideEncryptionByDefault"
STORES = (
    Guard("encryption-at-rest", TABLE, f"{_P}.SSESpecification"),
    Guard("encryption-at-rest", TABLE, f"{_P}.SSESpecification.SSEEnabled", (False, "false")),
    Guard("encryption-at-rest", TABLE, f"{_P}.SSESpecification.KMSMasterKeyId", ("alias/aws/dynamodb",)),
    Guard("encryption-at-rest", BUCKET, f"{_P}.BucketEncryption"),
    Guard("encryption-at-rest", BUCKET, f"{_ALGORITHM}.SSEAlgorithm", ("AES256",)),
    Guard("encryption-at-rest", BUCKET, f"{_ALGORITHM}.KMSMasterKeyID", ("alias/aws/s3",)),
    Guard("encryption-at-rest", QUEUE, f"{_P}.KmsMasterKeyId", ("alias/aws/sqs",)),
    Guard("encryption-at-rest", "AWS::SNS::Topic", f"{_P}.KmsMasterKeyId", ("alias/aws/sns",)),
    Guard("encryption-at-rest", "AWS::Events::EventBus", f"{_P}.KmsKeyIdentifier"),
    Guard("encryption-at-rest", "AWS::Events::Archive", f"{_P}.KmsKeyIdentifier"),
    Guard("key-rotation", KEY, f"{_P}.EnableKeyRotation", (False, "false")),
    Guard("key-rotation", KEY, f"{_P}.PendingWindowInDays", (7,), or_gone=False),
    Guard("public-bucket", BUCKET, f"{_P}.PublicAccessBlockConfiguration"),
    Guard("public-bucket", BUCKET, f"{_P}.PublicAccessBlockConfiguration.*", (False,)),
    Guard("public-bucket", BUCKET, f"{_P}.AccessControl", ("PublicRead",), put=True),
    Guard("public-bucket", BUCKET, f"{_P}.OwnershipControls.Rules.*.ObjectOwnership", ("ObjectWriter",)),
    Guard("versioning", BUCKET, f"{_P}.VersioningConfiguration"),
    Guard("versioning", BUCKET, f"{_P}.VersioningConfiguration.Status", ("Suspended",)),
    Guard("point-in-time-recovery", TABLE, f"{_P}.PointInTimeRecoverySpecification"),
    Guard(
        "point-in-time-recovery", TABLE, f"{_P}.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled", (False,)
    ),
    Guard(
        "point-in-time-recovery",
        TABLE,
        f"{_P}.PointInTimeRecoverySpecification.RecoveryPeriodInDays",
        (1,),
        or_gone=False,
    ),
    Guard("secret-in-template", SECRET, f"{_P}.SecretString", ("correct horse",), or_gone=False, put=True),
    Guard("deletion-protection", TABLE, f"{_P}.DeletionProtectionEnabled", (False, "false")),
    *(
        Guard("retained", kind, policy, ("Delete",))
        for kind in (TABLE, KEY, BUCKET)
        for policy in ("DeletionPolicy", "UpdateReplacePolicy")
    ),
)
MAIL = (
    Guard("mail-in-over-tls", "AWS::SES::ReceiptRule", f"{_P}.Rule.TlsPolicy", ("Optional",)),
    Guard("mail-scanned", "AWS::SES::ReceiptRule", f"{_P}.Rule.ScanEnabled", (False, "false")),
    Guard("mail-out-over-tls", "AWS::SES::ConfigurationSet", f"{_P}.DeliveryOptions"),
    Guard("mail-out-over-tls", "AWS::SES::ConfigurationSet", f"{_P}.DeliveryOptions.TlsPolicy", ("OPTIONAL",)),
    Guard("mail-out-over-tls", "AWS::SES::EmailIdentity", f"{_P}.ConfigurationSetAttributes"),
)
_KMS_OF_SES = f"{_P}.Rule.Actions.0.S3Action.KmsKeyArn"
MAIL_AND_ITS_FATE = (
    Guard("mail-stored", RECEIPT_RULE, f"{_P}.Rule.Actions", ([{"StopAction": {"Scope": "RuleSet"}}],)),
    Guard("mail-stored", RECEIPT_RULE, _KMS_OF_SES, ("arn:aws:kms:eu-west-1:1:key/1",), or_gone=False, put=True),
    Guard(
        "mail-signed",
        "AWS::SES::EmailIdentity",
        f"{_P}.DkimAttributes",
        ({"SigningEnabled": False},),
        or_gone=False,
        put=True,
    ),
    Guard("mail-followed", EVENTS, f"{_P}.EventDestination.MatchingEventTypes", (["send"], [])),
    Guard(
        "mail-followed",
        EVENTS,
        f"{_P}.EventDestination.MatchingEventTypes",
        (["BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "REJECT", "OPEN"],),
    ),
    Guard(
        "mail-followed", CONFIGURATION, f"{_P}.SuppressionOptions.SuppressedReasons", (["BOUNCE"], []), or_gone=False
    ),
)
RUNNING = (
    *(
        Guard("switched-on", kind, f"{_P}.{switch}", (False, "false"), or_gone=False, put=True)
        for kind, switch in (
            (MAPPING, "Enabled"),
            (KEY, "Enabled"),
            (CONFIGURATION, "SendingOptions.SendingEnabled"),
            (EVENTS, "EventDestination.Enabled"),
            (RECEIPT_RULE, "Rule.Enabled"),
        )
    ),
    *(Guard("switched-on", kind, f"{_P}.State", ("DISABLED",), or_gone=False, put=True) for kind in (RULE, SCHEDULE)),
    Guard("switched-on", FUNCTION, f"{_P}.ReservedConcurrentExecutions", (0,), or_gone=False, put=True),
)
_VARIABLES = f"{_P}.Environment.Variables"
FUNCTIONS = (
    Guard("tracing", FUNCTION, f"{_P}.TracingConfig"),
    Guard("tracing", FUNCTION, f"{_P}.TracingConfig.Mode", ("PassThrough",)),
    Guard("function-log-group", FUNCTION, f"{_P}.LoggingConfig"),
    Guard("log-retention", GROUP, f"{_P}.RetentionInDays"),
    Guard("log-encryption", GROUP, f"{_P}.KmsKeyId"),
    Guard(
        "own-account", FUNCTION, f"{_P}.Layers", (["arn:aws:lambda:eu-west-1:999999999999:layer:x:1"],), or_gone=False
    ),
    Guard(
        "logged-events",
        FUNCTION,
        f"{_VARIABLES}.POWERTOOLS_LOGGER_LOG_EVENT",
        ("true", 1),
        or_gone=False,
        put=True,
    ),
    Guard("permission-by-name", "AWS::Lambda::Permission", f"{_P}.Action", ("lambda:*",), or_gone=False),
    Guard(
        "secret-in-environment", FUNCTION, f"{_VARIABLES}.STRIPE_SECRET", ("correct horse",), or_gone=False, put=True
    ),
    Guard(
        "secret-in-environment",
        FUNCTION,
        f"{_VARIABLES}.SETTING",
        ("{{resolve:secretsmanager:stripe:SecretString}}", "AKIA" + "ABCDEFGHIJKLMNOP"),
        or_gone=False,
        put=True,
    ),
    Guard(
        "own-machine-in-environment",
        FUNCTION,
        f"{_VARIABLES}.PEER",
        ("http://127.0.0.1:4566", "http://169.254.169.254/latest"),
        or_gone=False,
        put=True,
    ),
    Guard("own-machine-in-environment", FUNCTION, f"{_VARIABLES}.ACCOUNT_ID", ("000000000000",), or_gone=False),
)
_METHODS, _RESPONSES = f"{_P}.MethodSettings", f"{_P}.Body.x-amazon-apigateway-gateway-responses"
_HEADER = f"{_RESPONSES}.*.responseParameters.gatewayresponse\0header\0"
EDGE = (
    Guard("route-access", API, f"{_P}.Body.paths.*.*.x-letterlock-access", ("nobody",)),
    Guard("stage-tracing", STAGE, f"{_P}.TracingEnabled", (False,)),
    Guard("stage-access-log", STAGE, f"{_P}.AccessLogSetting"),
    Guard(
        "access-log-content",
        STAGE,
        f"{_P}.AccessLogSetting.Format",
        ("$context.requestId $context.path", "$context.requestId $context.requestOverride.header.Authorization"),
        or_gone=False,
    ),
    Guard("body-logging", STAGE, f"{_METHODS}.*.DataTraceEnabled", (True, "true"), or_gone=False),
    Guard("cached-answers", STAGE, f"{_METHODS}.*.CachingEnabled", (True, "true"), or_gone=False, put=True),
    Guard("throttling", STAGE, _METHODS),
    Guard("throttling", STAGE, f"{_METHODS}.*.ThrottlingRateLimit", (-1, 1_000_000)),
    Guard("throttling", STAGE, f"{_METHODS}.*.ThrottlingBurstLimit", (-1, 1_000_000)),
    Guard("firewall-blocks", ACL, f"{_P}.Rules"),
    Guard("firewall-blocks", ACL, f"{_P}.Rules.*.OverrideAction", ({"Count": {}},), or_gone=False),
    Guard("firewall-blocks", ACL, f"{_P}.Rules.*.Action", ({"Count": {}},), or_gone=False),
    Guard("firewall-blocks", ACL, f"{_P}.Rules.*.Statement.RateBasedStatement.Limit", (2_000_000,)),
    Guard(
        "firewall-blocks",
        ACL,
        f"{_P}.Rules.*.Statement.RateBasedStatement.ScopeDownStatement",
        ({"GeoMatchStatement": {"CountryCodes": ["AQ"]}},),
        or_gone=False,
        put=True,
    ),
    Guard("tls-only", SUBSCRIPTION, f"{_P}.Protocol", ("http",), or_gone=False),
    Guard("gateway-headers", API, _RESPONSES),
    Guard("gateway-headers", API, f"{_RESPONSES}.DEFAULT_4XX"),
    Guard("gateway-headers", API, f"{_RESPONSES}.DEFAULT_5XX"),
    Guard(
        "gateway-headers",
        API,
        f"{_HEADER}Strict-Transport-Security",
        (
            "'max-age=300; includeSubDomains; preload'",
            "'max-age=63072000; preload'",
            "'max-age=63072000; includeSubDomains'",
        ),
    ),
    Guard("gateway-headers", API, f"{_HEADER}X-Content-Type-Options", ("'none'",)),
    Guard("gateway-headers", API, f"{_HEADER}Cache-Control", ("'max-age=60'",)),
    Guard("gateway-headers", API, f"{_HEADER}Referrer-Policy", ("'unsafe-url'",)),
)
ALARMS = (
    Guard("alarm-heard", ALARM, f"{_P}.AlarmActions", ([],)),
    Guard("alarm-heard", ALARM, f"{_P}.ActionsEnabled", (False,), put=True),
)
_KEEPS_SAFE = {
    "AWS::S3::BucketPolicy": "tls-only",
    "AWS::SNS::TopicPolicy": "tls-only",
    "AWS::SQS::QueuePolicy": "tls-only",
    "AWS::WAFv2::WebACLAssociation": "firewall",
    EVENTS: "mail-followed",
}
"""Resources whose mere absence is a weakness."""


def guards(body: Json) -> tuple[Guard, ...]:
    """Every property that a rule guards."""
    ours = (*_of_queues(body), *_of_declared(body))
    return (*ours, *STORES, *MAIL, *MAIL_AND_ITS_FATE, *RUNNING, *FUNCTIONS, *EDGE, *ALARMS)


def weakenings(body: Json) -> Iterator[Weakening]:
    """Every weakened copy of an expanded template."""
    yield from chain.from_iterable(guard.weakenings(body) for guard in guards(body))
    yield from weakened_statements(body)
    template = as_deployed(body)
    aside = set(dead_letter_queues(template))
    for name, resource in body["Resources"].items():
        rule = _KEEPS_SAFE.get(resource["Type"])
        if resource["Type"] == ALARM and set(watched(template, resource["Properties"])) & aside:
            rule = "dead-letter-alarm"
        if rule:
            yield Weakening(rule, f"{name} removed", name, without(body, name))
