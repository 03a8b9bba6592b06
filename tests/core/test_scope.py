"""Scopes: what each covers, and what follows it."""

from walletjobs.core.scope import DAY, SCOPES, Newest, covering, following


def test_a_scope_is_covered_by_itself_and_by_every_wider_one():
    assert covering("7d") == ["7d", "30d", "all"]
    assert covering("30d") == ["30d", "all"]
    assert covering("all") == ["all"]


def test_each_scope_is_followed_by_the_next_wider_one():
    assert [following(name) for name in SCOPES] == ["30d", "all", None]


def test_a_scope_begins_so_many_days_ago_and_all_begins_with_the_chain():
    assert [scope.newest(100 * DAY, 5000) for scope in SCOPES.values()] == [
        Newest(250, 93 * DAY),
        Newest(5000, 70 * DAY),
        Newest(5000, 0),
    ]
    assert SCOPES["7d"].newest(100 * DAY, 40).most == 40
