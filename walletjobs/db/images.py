"""Images of tokens, cached up to a size; beyond it those asked for longest ago go."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from walletjobs.core.image import Image

MAX_CACHE = 200_000_000  # bytes


@dataclass(frozen=True, slots=True)
class TokenImage:
    """Where a token's image is, and what came from there; nothing where its host is to be asked, now or again."""

    url: str
    media_type: str | None
    body: bytes | None
    refusal: str | None

    @property
    def image(self) -> Image | None:
        """The image, if it is here."""
        return Image(self.media_type, self.body) if self.media_type and self.body is not None else None


class ImageRepository:
    """Reads and writes images on a connection that the caller opens and closes."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def find(self, mint: str) -> TokenImage | None:
        """A token's image; None for a token that we do not know, or that has none."""
        with self._connection.cursor(row_factory=class_row(TokenImage)) as cursor:
            return cursor.execute(
                """
                SELECT token.image_url AS url, image.media_type, image.body, image.refusal
                  FROM token
                  LEFT JOIN token_image image
                         ON image.mint = token.mint AND image.url = token.image_url AND image.due_at > now()
                 WHERE token.mint = %s AND token.image_url IS NOT NULL
                """,
                [mint],
            ).fetchone()

    def store(self, mint: str, url: str, found: Image | str, keep: timedelta, most: int = MAX_CACHE) -> None:
        """Keep an image, or the reason why there is none, for a while; ``most`` is what all may take together."""
        media_type, body = (found.media_type, found.body) if isinstance(found, Image) else (None, None)
        with self._connection.transaction():
            self._connection.execute(
                """
                INSERT INTO token_image (mint, url, media_type, body, refusal, due_at)
                VALUES (%s, %s, %s, %s, %s, now() + %s)
                ON CONFLICT (mint) DO UPDATE
                   SET url = excluded.url, media_type = excluded.media_type, body = excluded.body,
                       refusal = excluded.refusal, asked_at = now(), due_at = excluded.due_at
                """,
                [mint, url, media_type, body, found if isinstance(found, str) else None, keep],
            )
            self._connection.execute(
                """
                DELETE FROM token_image WHERE mint IN (
                    SELECT mint FROM (
                        SELECT mint, sum(octet_length(body)) OVER (ORDER BY asked_at DESC, mint) AS taken
                          FROM token_image) AS newest_first
                     WHERE taken > %s)
                """,
                [most],
            )
