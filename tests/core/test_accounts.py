"""Associated addresses against pairs of the public chain; rents by the size of an account."""

import base58
import pytest
from scenes import key

from walletjobs.core.accounts import associated_accounts, is_token_rent

#: owner, mint, its account under the Token program
REAL = [
    (
        "BGkpRfK8L5Yy7A8wimA4CXra2GhFxdSWK944Ap6dPKCu",
        "2Agp9FzH4HzwvT9FkB9yuvxtPPhuv1f1Jdx2zbHWGfWX",
        "3cS3fQ4CrzTvTKitZKkJoXUjA5f75dGWWupLEsiGY1fF",
    ),
    (
        "BGkpRfK8L5Yy7A8wimA4CXra2GhFxdSWK944Ap6dPKCu",
        "E5uZ8WHyuzj1urBgy6hDfXT3PUWobasmojiPQa7Zu5SH",
        "8VUNSQZgr2iqtKWuDzG5XiD5x5GSfABtZu8xKNg2XQQ",
    ),
    (
        "7WZcPib1yW3wig8sSLrhx2Qt97huiJMboQNrqSocGSyc",
        "So11111111111111111111111111111111111111112",
        "ECUPi4xJMoHN5SMthTunhyH3TnsfWPDVe7d4UjWkHfvZ",
    ),
]
#: owner, mint, its account under Token-2022
REAL_2022 = [
    (
        "E8oVrS4Pk74ouemj4t6grJ6w5Ah7SFLYa8VoRtvtWpnw",
        "7atgF8KQo4wJrD5ATGX7t1V2zVvykPJbFfNeVf1icFv1",
        "5BZ9RYb3sJvwgWZXFjUZdkrTDFeSPqRTe59LCGUEitpg",
    ),
    (
        "4abvSWugzSRhpAk4rpvdSruFAFoNG1D1JTStmzpGt7xA",
        "HeLp6NuQkmYB4pYWo2zYs22mESHXPQYzXbB8n4V98jwC",
        "GND3Z51kKUx3m1qoEkKbriLLPbhzQM5nrqPoyWsWr1Xz",
    ),
]


@pytest.mark.parametrize(("owner", "mint", "account"), REAL)
def test_the_associated_account_is_that_of_the_chain(owner: str, mint: str, account: str) -> None:
    assert associated_accounts(owner, mint)[0] == account


@pytest.mark.parametrize(("owner", "mint", "account"), REAL_2022)
def test_token_2022_has_an_associated_account_of_its_own(owner: str, mint: str, account: str) -> None:
    assert associated_accounts(owner, mint)[1] == account


def test_a_token_account_that_someone_opened_elsewhere_is_not_the_associated_one() -> None:
    accounts = associated_accounts(
        "GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL", "7atgF8KQo4wJrD5ATGX7t1V2zVvykPJbFfNeVf1icFv1"
    )
    assert "f2YzFdR5MhdqdQRN8F8tWLSabD8LuRUoFGJTgnKMJ9h" not in accounts


def test_associated_accounts_differ_by_owner_mint_and_program_and_are_addresses() -> None:
    found = [
        account
        for owner in ("a", "b")
        for mint in ("c", "d")
        for account in associated_accounts(key(owner), key(mint))
    ]
    assert len(set(found)) == 8
    assert {len(base58.b58decode(account)) for account in found} == {32}


@pytest.mark.parametrize("lamports", [2_039_280, -2_039_280, 2_074_080, 2_108_880, 4_078_560])
def test_lamports_of_a_whole_account_may_be_its_rent(lamports: int) -> None:
    assert is_token_rent(lamports)


@pytest.mark.parametrize("lamports", [0, 5000, 890_880, 2_039_279, 2_039_281, 3_000_000, 1_000_000_000])
def test_other_lamports_are_no_token_accounts_rent(lamports: int) -> None:
    assert not is_token_rent(lamports)
