"""Fetch the image of a token from the host that its maker names, and keep it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from psycopg import Connection

from walletjobs.core.image import Image
from walletjobs.db.images import ImageRepository
from walletjobs.errors import ImageRefused, ProviderUnavailable
from walletjobs.providers.images import ImageClient

KEEP = timedelta(days=30)
KEEP_REFUSED = timedelta(days=1)
KEEP_FAILED = timedelta(minutes=10)

#: Lends a connection; it is not held while a stranger's host is waited for.
Lend = Callable[[], AbstractContextManager[Connection[Any]]]


def fetch_image(mint: str, url: str, client: ImageClient, lend: Lend) -> Image:
    """The image at an address, kept as the token's; a failure is kept too, so that it is not repeated at once.

    Raises: ImageRefused, ProviderUnavailable, DatabaseUnavailable.
    """
    try:
        image = client.fetch(url)
    except (ImageRefused, ProviderUnavailable) as error:
        keep = KEEP_REFUSED if isinstance(error, ImageRefused) else KEEP_FAILED
        with lend() as connection:
            ImageRepository(connection).store(mint, url, error.detail, keep)
        raise
    with lend() as connection:
        ImageRepository(connection).store(mint, url, image, KEEP)
    return image
