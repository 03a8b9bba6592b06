from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import redis
from small_history import config_of, history, mint_of

from walletjobs.core.units import WRAPPED_SOL
from walletjobs.db.tokens import Ages, Token, TokenRepository
from walletjobs.dev.replay.server import ReplayServer
from walletjobs.errors import Cancelled, ProviderUnavailable
from walletjobs.providers import dexscreener, helius, jupiter
from walletjobs.services.enrichment import Sources, enrich

Connection = psycopg.Connection[Any]
Replay = Callable[..., ReplayServer]
SourcesOf = Callable[[ReplayServer], Sources]

MINTS = [mint_of(number) for number in range(130)]


@dataclass
class Audience:
    """Remembers what it was told."""

    events: list[tuple[Sequence[Token], int, int]] = field(default_factory=list)

    def __call__(self, tokens: Sequence[Token], enriched: int, total: int) -> None:
        self.events.append((tokens, enriched, total))

    @property
    def heard_of(self) -> set[str]:
        """Every mint that it was told of."""
        return {token.mint for tokens, _, _ in self.events for token in tokens}


@pytest.fixture
def sources_of(redis_client: "redis.Redis[bytes]") -> SourcesOf:
    """All three providers at a replay server, impatient in their retries."""

    def sources(server: ReplayServer) -> Sources:
        config = config_of(server)
        limits = replace(helius.HeliusLimits.shared(redis_client, config), backoff=0.002)
        paces = [
            replace(module.pace(redis_client, config), backoff=0.002) for module in (dexscreener, jupiter)
        ]
        return Sources(
            helius.HeliusClient(config, limits),
            dexscreener.DexScreenerClient(config, paces[0]),
            jupiter.JupiterClient(config, paces[1]),
        )

    return sources


def test_tokens_become_known_batch_by_batch(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    server, audience = replay(history(5)), Audience()
    receipt = enrich(MINTS, sources_of(server), connection, audience)
    stored = TokenRepository(connection).find([*MINTS, WRAPPED_SOL])
    assert (receipt.total, dict(receipt.missing)) == (130, {})
    assert receipt.enriched == len(audience.heard_of) >= 125
    assert audience.heard_of <= set(MINTS)
    assert stored[WRAPPED_SOL].price_usd is not None, "SOL's own price comes with it"
    counts = [enriched for _, enriched, _ in audience.events]
    assert counts == sorted(counts)
    assert len(audience.events) >= 5
    assert all(0 < len(tokens) <= 100 and total == 130 for tokens, _, total in audience.events)
    assert dict(server.requests) == {"getAssetBatch": 1, "dexscreener": 5, "jupiter": 3}


def test_hostile_names_and_images_never_reach_the_table(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    enrich(MINTS, sources_of(replay(history(5))), connection, Audience())
    for token in TokenRepository(connection).find(MINTS).values():
        for text in (token.name or "", token.symbol or ""):
            assert text.isprintable()
            assert len(text) <= 64
        assert (token.image_url or "https://img.example/").startswith("https://img.example/")


def test_what_is_known_is_told_at_once_and_not_asked_for_again(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    server = replay(history(5))
    first = enrich(MINTS, sources_of(server), connection, Audience())
    server.stats.clear()
    audience = Audience()
    assert enrich(MINTS, sources_of(server), connection, audience).enriched == first.enriched
    assert dict(server.requests) == {}
    assert len(audience.heard_of) == first.enriched


def test_old_prices_are_asked_for_again_without_the_names(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    server = replay(history(5))
    enrich(MINTS[:40], sources_of(server), connection, Audience())
    server.stats.clear()
    none = timedelta(0)
    enrich(MINTS[:40], sources_of(server), connection, Audience(), Ages(market=none, price=none))
    assert dict(server.requests) == {"dexscreener": 2, "jupiter": 1}


@pytest.mark.parametrize(
    ("down", "name"), [("das", "helius"), ("dexscreener", "dexscreener"), ("jupiter", "jupiter")]
)
def test_provider_that_is_down_is_told_with_what_it_owes(
    down: str, name: str, replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    server, audience = replay(history(5), down=(down,)), Audience()
    receipt = enrich(MINTS, sources_of(server), connection, audience)
    assert set(receipt.missing) == {name}
    assert set(receipt.missing[name]) == {*MINTS, WRAPPED_SOL}
    assert "503" in receipt.reasons[name]
    assert len(audience.heard_of) > 100
    server.change(down=())
    server.stats.clear()
    assert dict(enrich(MINTS, sources_of(server), connection, Audience()).missing) == {}
    assert len(server.requests) == 1, "only what was missing is asked for"


def test_provider_that_dies_half_way_owes_the_rest(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    server = replay(history(5))

    def audience(tokens: Sequence[Token], enriched: int, total: int) -> None:
        if server.requests.get("dexscreener", 0) == 2:
            server.change(down=("dexscreener",))

    receipt = enrich(MINTS, sources_of(server), connection, audience)
    assert receipt.missing == {"dexscreener": tuple([*MINTS, WRAPPED_SOL][60:])}


def test_nobody_answering_is_an_error_to_try_again(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    with pytest.raises(ProviderUnavailable):
        enrich(MINTS, sources_of(replay(history(5), down=("all",))), connection, Audience())
    assert TokenRepository(connection).find(MINTS) == {}


def test_enrichment_under_faults_misses_nothing(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    faults = ("5xx", "cut", "cut_body", "empty", "null", "malformed")
    server = replay(history(5), fault=dict.fromkeys(faults, 0.5), fault_attempts=3, seed=3)
    receipt = enrich(MINTS, sources_of(server), connection, Audience())
    assert dict(receipt.missing) == {}
    assert receipt.enriched >= 125


def test_cancelled_enrichment_keeps_what_was_stored(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    def cancel(tokens: Sequence[Token], enriched: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        enrich(MINTS, sources_of(replay(history(5))), connection, cancel)
    assert len(TokenRepository(connection).find(MINTS)) == 130


def test_no_mints_ask_only_for_the_price_of_sol(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    audience = Audience()
    receipt = enrich([], sources_of(replay(history(5))), connection, audience)
    assert (receipt.total, receipt.enriched, audience.events) == (0, 0, [])
    assert TokenRepository(connection).find([WRAPPED_SOL])[WRAPPED_SOL].price_usd is not None


def test_word_that_is_no_mint_spoils_nothing(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    receipt = enrich(["native", *MINTS[:5], "x" * 44], sources_of(replay(history(5))), connection, Audience())
    assert (receipt.total, dict(receipt.missing)) == (5, {})


def test_old_prices_are_shown_while_nobody_answers(
    replay: Replay, sources_of: SourcesOf, connection: Connection
) -> None:
    server, audience = replay(history(5)), Audience()
    enrich(MINTS[:5], sources_of(server), connection, Audience())
    server.change(down=("all",))
    none = timedelta(0)
    receipt = enrich([*MINTS[:5], MINTS[9]], sources_of(server), connection, audience, Ages(price=none))
    assert set(receipt.missing) == {"helius", "dexscreener", "jupiter"}
    assert receipt.missing["helius"] == (MINTS[9],)
    assert receipt.enriched == 5
    assert audience.heard_of == set(MINTS[:5])
