"""The connection to Temporal, the same in every process: converter, sandbox, attributes."""

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.engine import REGISTERS_WITHIN

_JSON = PydanticJSONPlainPayloadConverter(max_cached_type_adapters=None)


class PayloadConverter(CompositePayloadConverter):
    """Pydantic's converter, which keeps what it learnt of a type for all runs of the process.

    Each run has a converter of its own, and to learn the form of a start takes 50 ms. Types are
    few: those of messages, which are loaded once.
    """

    def __init__(self) -> None:
        usual = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(
            *(_JSON if isinstance(one, JSONPlainPayloadConverter) else one for one in usual)
        )


DATA_CONVERTER = DataConverter(payload_converter_class=PayloadConverter)

# Everything pure or third-party is loaded once, not once per workflow run; only the workflow
# modules themselves are loaded anew in the sandbox.
WORKFLOW_RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "domain",
        "activities",
        "integrations",
        "storage",
        "workflows.messages",
        "workflows.options",
        "workflows.resuming",
        "workflows.review_messages",
        "workflows.round_messages",
        "pydantic",
        "pydantic_core",
        "sqlalchemy",
        "psycopg",
        "httpx",
        "structlog",
    )
)

SEARCH_ATTRIBUTE_TYPES: dict[str, str] = {
    "TenantId": "Keyword",
    "Headline": "Keyword",
    "AuthorizationState": "Keyword",
    "LogisticsState": "Keyword",
    "SettlementState": "Keyword",
    "OwnerRole": "Keyword",
    "Tier": "Keyword",
    "LocationId": "Keyword",
    "BlockerCodes": "KeywordList",
    "CarrierIds": "KeywordList",
    "NextDeadline": "Datetime",
}
"""Within SQL visibility's caps: 10 Keyword, 3 each of KeywordList and Datetime."""

_INDEXED = {
    "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    "Datetime": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}


async def connect(address: str, namespace: str) -> Client:
    """Connect once per process; every process must use this converter to read what others wrote."""
    return await Client.connect(address, namespace=namespace, data_converter=DATA_CONVERTER)


async def ensure_search_attributes(client: Client) -> None:
    """Register our search attributes; repeating it changes nothing."""
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=client.namespace,
            search_attributes={
                name: _INDEXED[kind] for name, kind in SEARCH_ATTRIBUTE_TYPES.items()
            },
        ),
        timeout=REGISTERS_WITHIN,
    )
