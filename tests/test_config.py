"""Settings are read once, from the environment, and a bad one is named."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from walletjobs.config import HELIUS_PLANS, Config, ProviderConfig
from walletjobs.errors import InvalidSetting

ROOT = Path(__file__).parents[1]
NEEDED = {"DATABASE_URL": "postgresql://localhost/w", "REDIS_URL": "redis://localhost/0"}


def config(**variables: str) -> Config:
    return Config.from_env(NEEDED | variables)


def variables() -> set[str]:
    """Every variable that ``from_env`` reads."""
    names = {entry.name.upper() for owner in (Config, ProviderConfig) for entry in fields(owner)}
    return names - {"PROVIDERS"} | {"HELIUS_PLAN"}


def test_two_urls_are_enough() -> None:
    read = config()
    assert (read.database_url, read.redis_url) == (NEEDED["DATABASE_URL"], NEEDED["REDIS_URL"])
    assert read == Config(NEEDED["DATABASE_URL"], NEEDED["REDIS_URL"])


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_a_missing_url_is_named(missing: str) -> None:
    with pytest.raises(InvalidSetting, match=missing):
        Config.from_env({name: url for name, url in NEEDED.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("DATABASE_URL", "mysql://localhost", "postgres"),
        ("REDIS_URL", "http://localhost", "redis"),
        ("HELIUS_RPC_URL", "ftp://localhost", "http"),
        ("HELIUS_PLAN", "gold", "free"),
        ("HELIUS_RPC_RATE", "0", "1 or more"),
        ("HELIUS_ROUTE", "fastest", "slots"),
        ("HELIUS_FULL_PAGE", "0", "1 or more"),
        ("HELIUS_FULL_PAGE", "1001", "1000"),
        ("WEB_PROCESSES", "0", "1 or more"),
        ("PORT", "80a", "whole number"),
        ("PORT", "-1", "whole number"),
        ("PORT", "٣", "whole number"),
        ("PORT", "70000", "65535"),
        ("USE_DASHBOARD_JOB_SYSTEM", "yes", "true"),
        ("API_AUTH", "no", "off"),
        ("LOG_FORMAT", "xml", "json"),
    ],
)
def test_a_bad_value_is_refused_with_its_name_and_what_would_do(name: str, text: str, told: str) -> None:
    with pytest.raises(InvalidSetting, match=f"(?s){name}.*{told}"):
        config(**{name: text})


def test_an_empty_variable_counts_as_absent() -> None:
    assert config(PORT="", HELIUS_PLAN="", API_AUTH="", USE_DASHBOARD_JOB_SYSTEM="") == config()


def test_heroku_spelling_of_postgres_is_understood() -> None:
    assert config(DATABASE_URL="postgres://u:p@h/d").database_url == "postgresql://u:p@h/d"


@pytest.mark.parametrize(("text", "value"), [("true", True), ("1", True), ("FALSE", False), ("0", False)])
def test_a_switch_reads_true_and_false(text: str, value: bool) -> None:
    assert config(USE_DASHBOARD_JOB_SYSTEM=text).use_dashboard_job_system is value


def test_a_list_is_split_at_commas() -> None:
    assert config(ALLOWED_ORIGINS="https://a.example, https://b.example,").allowed_origins == (
        "https://a.example",
        "https://b.example",
    )


def test_free_plan_reads_page_by_page_and_the_others_by_slots_unless_told_otherwise() -> None:
    assert config().providers.helius_route == "pages"
    assert config(HELIUS_PLAN="developer").providers.helius_route == "slots"
    assert config(HELIUS_PLAN="developer", HELIUS_ROUTE="signatures").providers.helius_route == "signatures"


@pytest.mark.parametrize("plan", sorted(HELIUS_PLANS))
def test_a_plan_sets_both_rates_and_a_named_rate_wins(plan: str) -> None:
    read = config(HELIUS_PLAN=plan, HELIUS_REST_RATE="7").providers
    assert (read.helius_rpc_rate, read.helius_rest_rate) == (HELIUS_PLANS[plan][0], 7)


def test_a_provider_url_loses_its_last_slash() -> None:
    assert config(HELIUS_RPC_URL="http://127.0.0.1:9/").providers.helius_rpc_url == "http://127.0.0.1:9"


def test_secrets_are_not_shown() -> None:
    secrets = {"HELIUS_API_KEY": "k1-secret", "JUPITER_API_KEY": "k2-secret", "ADMIN_API_KEY": "k3-secret"}
    shown = repr(
        config(**secrets, DATABASE_URL="postgresql://u:k4-secret@h/d", REDIS_URL="redis://:k5-secret@h")
    )
    assert "secret" not in shown


def test_every_variable_is_in_the_readme_and_in_the_example_and_no_other() -> None:
    readme = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    example = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert readme == variables()
    assert example == variables()


def test_the_example_is_read_without_complaint() -> None:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    shown = dict(line.removeprefix("# ").split("=", 1) for line in lines if re.match(r"#? ?[A-Z_]+=", line))
    assert Config.from_env(shown) == Config.from_env(
        {name: shown[name] for name in ("DATABASE_URL", "REDIS_URL")}
    ), "the example shows the defaults"
