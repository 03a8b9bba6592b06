from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from walletjobs.core.freshness import status_of

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Known:
    synced_at: datetime | None = NOW - timedelta(hours=1)
    analyzed_at: datetime | None = NOW - timedelta(minutes=59)
    wallet_class: str = "normal"


def test_unknown_wallet_is_missing() -> None:
    assert status_of(None, NOW, DAY) == "MISSING"


def test_wallet_that_was_synced_but_never_analyzed_is_missing() -> None:
    assert status_of(Known(analyzed_at=None), NOW, DAY) == "MISSING"


def test_wallet_is_current_within_the_period_and_stale_after_it() -> None:
    at_the_edge = Known(synced_at=NOW - DAY, analyzed_at=NOW - DAY)
    assert status_of(Known(), NOW, DAY) == "CURRENT"
    assert status_of(at_the_edge, NOW, DAY) == "CURRENT"
    assert status_of(at_the_edge, NOW + timedelta(microseconds=1), DAY) == "STALE"


@pytest.mark.parametrize(("minutes", "status"), [(5, "CURRENT"), (6, "STALE")])
def test_very_active_wallet_is_current_for_five_minutes(minutes: int, status: str) -> None:
    at = NOW - timedelta(minutes=minutes)
    assert status_of(Known(at, at, "high_frequency"), NOW, DAY) == status


def test_very_active_wallet_never_stays_current_longer_than_the_configured_period() -> None:
    at = NOW - timedelta(minutes=2)
    assert status_of(Known(at, at, "high_frequency"), NOW, timedelta(minutes=1)) == "STALE"


def test_figures_older_than_the_last_sync_are_stale() -> None:
    assert status_of(Known(analyzed_at=NOW - timedelta(hours=2)), NOW, DAY) == "STALE"


def test_analysis_of_a_history_that_was_never_synced_whole_is_stale() -> None:
    assert status_of(Known(synced_at=None), NOW, DAY) == "STALE"
