"""Webhooks in: the signature is the credential."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request

from api.asking import ServicesOf
from backhaul_client.listing import WebhookReceipt
from domain.codes import RefusedError
from integrations.directory import UnknownConnectionError
from integrations.errors import ConfigurationError, WebhookMalformedError, WebhookSignatureError

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


@router.post("/{connection_id}", operation_id="receive_webhook")
async def receive_webhook(
    connection_id: str, request: Request, services: ServicesOf
) -> WebhookReceipt:
    """Take a webhook of a connected system in. Delivering it again changes nothing."""
    body = await request.body()
    try:
        status = await services.inbox.receive(
            connection_id, request.headers, body, datetime.now(UTC)
        )
    except UnknownConnectionError as error:
        raise RefusedError("connection_not_found", "no such connection") from error
    except (WebhookSignatureError, ConfigurationError) as error:
        raise RefusedError("webhook_unsigned", "wanted a valid, recent signature") from error
    except WebhookMalformedError as error:
        raise RefusedError("webhook_malformed", str(error), field=error.field) from error
    return WebhookReceipt(status=status)
