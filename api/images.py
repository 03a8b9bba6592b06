"""Images of tokens for this process's requests: a few threads ask the hosts, each for one image at a time."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from api.doors import Doors
from walletjobs.core.image import Image
from walletjobs.db.images import ImageRepository
from walletjobs.errors import ImageRefused, ProviderUnavailable, UnknownToken
from walletjobs.providers.images import ImageClient
from walletjobs.services.images import fetch_image

AT_ONCE = 4  # hosts asked at a time
MOST = 40  # images under way; beyond them a request is told to come again
PATIENCE = 2.0  # seconds that a request waits; what comes later is there for the next one


class TokenImages:
    """The images, each fetched once however many ask for it."""

    def __init__(self, doors: Doors, client: ImageClient | None = None) -> None:
        self._doors = doors
        self._client = client or ImageClient()
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Image]] = {}
        self._threads: ThreadPoolExecutor | None = None

    def of(self, mint: str) -> Image:
        """A token's image, from the cache or from its host.

        Raises: UnknownToken; ImageRefused; ProviderUnavailable where it has not come yet.
        """
        with self._doors.database() as connection:
            known = ImageRepository(connection).find(mint)
        if known is None:
            raise UnknownToken("There is no such token, or it has no image.")
        if known.refusal is not None:
            raise ImageRefused(known.refusal)
        if known.image is not None:
            return known.image
        try:
            return self._begun(mint, known.url).result(PATIENCE)
        except TimeoutError:
            raise ProviderUnavailable("The image has not come yet.") from None

    def stop(self) -> None:
        """No more hosts are asked."""
        with self._lock:
            if self._threads is not None:
                self._threads.shutdown(wait=False, cancel_futures=True)

    def _begun(self, mint: str, url: str) -> "Future[Image]":
        with self._lock:
            running = self._under_way.get(mint)
            if running is not None:
                return running
            if len(self._under_way) >= MOST:
                raise ProviderUnavailable("Too many images are being fetched.")
            self._threads = self._threads or ThreadPoolExecutor(AT_ONCE, thread_name_prefix="images")
            begun = self._threads.submit(fetch_image, mint, url, self._client, self._doors.database)
            self._under_way[mint] = begun
        begun.add_done_callback(partial(self._over, mint))
        return begun

    def _over(self, mint: str, _ended: "Future[Image]") -> None:
        with self._lock:
            self._under_way.pop(mint, None)
