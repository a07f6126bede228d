"""Secrets of Standard Webhooks, of both directions."""

import base64
import secrets
from datetime import timedelta

SECRET_BYTES = 32
# For so long after it was replaced the secret before is good as well.
OVERLAP = timedelta(hours=24)


def new_webhook_secret() -> str:
    """A secret that nobody has had: `whsec_` and base64."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
