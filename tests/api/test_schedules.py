"""Schedules over HTTP."""

import pytest
from flask.testing import FlaskClient
from webworld import OTHER, WALLET

SCHEDULES = "/api/v1/schedules"


def test_a_schedule_is_made_shown_listed_and_removed(client: FlaskClient) -> None:
    wanted = {"walletAddresses": [WALLET, OTHER], "cron": "0 6 * * *"}
    answer = client.post(SCHEDULES, json=wanted)
    assert answer.status_code == 201
    made = answer.get_json()
    place = answer.headers["Location"]
    assert place == f"{SCHEDULES}/{made['scheduleId']}"
    assert made | {"createdAt": "", "nextRunAt": "", "scheduleId": ""} == {
        "scheduleId": "",
        **wanted,
        "everyMinutes": None,
        "forceRefresh": True,
        "enrichMetadata": True,
        "createdAt": "",
        "nextRunAt": "",
        "lastRunAt": None,
        "lastBatchId": None,
    }
    assert made["nextRunAt"].endswith("T06:00:00.000Z")
    assert client.get(place).get_json() == made
    assert client.get(SCHEDULES).get_json() == {"schedules": [made]}
    assert client.delete(place).status_code == 204
    for method in ("GET", "DELETE"):
        gone = client.open(place, method=method)
        assert (gone.status_code, gone.get_json()["code"]) == (404, "schedule_not_found")


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"cron": "nonsense"},
        {"cron": "@daily", "everyMinutes": 5},
        {"everyMinutes": 0},
        {"everyMinutes": "5"},
        {"cron": "@daily", "walletAddresses": []},
        {"cron": "@daily", "walletAddresses": ["nonsense"]},
    ],
)
def test_a_schedule_without_a_time_or_a_wallet_is_refused(
    client: FlaskClient, wanted: dict[str, object]
) -> None:
    assert client.post(SCHEDULES, json={"walletAddresses": [WALLET], **wanted}).status_code == 400
    assert client.get(SCHEDULES).get_json() == {"schedules": []}
