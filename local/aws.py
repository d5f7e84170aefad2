"""Clients of the local cloud's AWS, for the local cloud's own errands."""

from collections.abc import Iterator
from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_cloudformation import CloudFormationClient
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_events import EventBridgeClient
from mypy_boto3_lambda import LambdaClient
from mypy_boto3_s3 import S3Client
from mypy_boto3_secretsmanager import SecretsManagerClient
from mypy_boto3_sesv2 import SESV2Client
from mypy_boto3_sns import SNSClient
from mypy_boto3_sqs import SQSClient

from local.settings import REGION, STACK, LocalCloudError

# What MiniStack takes as the account's own key; it opens nothing anywhere else.
_KEY = "test"


@dataclass(frozen=True, slots=True)
class Aws:
    """One client a service, all bound to MiniStack."""

    cloudformation: CloudFormationClient
    dynamodb: DynamoDBClient
    events: EventBridgeClient
    functions: LambdaClient
    s3: S3Client
    secrets: SecretsManagerClient
    ses: SESV2Client
    sns: SNSClient
    sqs: SQSClient

    def stack_resources(self) -> dict[str, str]:
        """Physical id of each of the stack's resources by its logical id; empty when there is no stack."""
        try:
            pages = list(self._resource_pages())
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                return {}
            raise
        return dict(pages)

    def _resource_pages(self) -> Iterator[tuple[str, str]]:
        for page in self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK):
            for resource in page["StackResourceSummaries"]:
                yield resource["LogicalResourceId"], resource.get("PhysicalResourceId", "")


def local_session() -> boto3.Session:
    """A session with the local account's key. Nothing of the caller's own AWS settings takes part."""
    return boto3.Session(aws_access_key_id=_KEY, aws_secret_access_key=_KEY, region_name=REGION)


def connect(endpoint: str) -> Aws:
    """Clients of the local cloud at that endpoint."""
    session = local_session()
    config = Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=120)
    return Aws(
        cloudformation=session.client("cloudformation", endpoint_url=endpoint, config=config),
        dynamodb=session.client("dynamodb", endpoint_url=endpoint, config=config),
        events=session.client("events", endpoint_url=endpoint, config=config),
        functions=session.client("lambda", endpoint_url=endpoint, config=config),
        s3=session.client("s3", endpoint_url=endpoint, config=config),
        secrets=session.client("secretsmanager", endpoint_url=endpoint, config=config),
        ses=session.client("sesv2", endpoint_url=endpoint, config=config),
        sns=session.client("sns", endpoint_url=endpoint, config=config),
        sqs=session.client("sqs", endpoint_url=endpoint, config=config),
    )


def resource(resources: dict[str, str], logical_id: str) -> str:
    """One resource's physical id. Raises LocalCloudError when the template has no such resource."""
    if not resources.get(logical_id):
        raise LocalCloudError(f"The deployed stack has no {logical_id}: does template.yaml still define it?")
    return resources[logical_id]
