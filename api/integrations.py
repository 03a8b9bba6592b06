"""What other services deliver to us."""

import hmac
from typing import Any

from flask import request

from api.arguments import Blueprint
from api.doors import doors
from api.problems import Problem
from api.schemas.integrations import NewsSchema
from walletjobs.services.news import take_news

blueprint = Blueprint("integrations", __name__, description="What other services deliver")

LARGEST_DELIVERY = 5 * 1024 * 1024  # bytes: a hundred large transactions


@blueprint.route("/helius/webhook", methods=["POST"])
@blueprint.response(200, NewsSchema)
@blueprint.doc(
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
    },
    parameters=[
        {
            "name": "Authorization",
            "in": "header",
            "required": True,
            "schema": {"type": "string"},
            "description": "The shared secret, as the webhook's authHeader has it.",
        }
    ],
)
@blueprint.refuses(400, 401, 403, 413, 503)
def helius_webhook() -> Any:
    """Take in fresh transactions: the analyzed wallets among them are refreshed soon, in the background.

    What is delivered twice, late or in another order does no harm. 403 where this server has no HELIUS_WEBHOOK_SECRET.
    """
    _check_secret()
    request.max_content_length = LARGEST_DELIVERY
    body = request.get_data(cache=False)
    with doors().database() as connection:
        return take_news(body, connection)


def _check_secret() -> None:
    """Before the body is read.

    Raises: Problem with 403 where there is no secret, 401 where it is another.
    """
    secret = doors().config.helius_webhook_secret
    if not secret:
        raise Problem(
            403, "webhook_closed", "This server takes no deliveries: it has no HELIUS_WEBHOOK_SECRET."
        )
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), secret.encode()):
        raise Problem(401, "unauthorized", "The Authorization header is not the shared secret.")
