"""``walletjobs worker``, ``analyze`` and ``watch``, as a user calls them."""

import json
import threading

import pytest
from jobservice import WALLET, Service, trades, until
from redis import Redis

from walletjobs.cli import main
from walletjobs.jobs import keys, status
from walletjobs.jobs.events import Speaker
from walletjobs.jobs.lock import WalletLock


@pytest.fixture
def service(make_service, redis_client: Redis) -> Service:
    return make_service(redis_client, trades(150))


def test_analyze_shows_its_steps_and_what_it_found(service, capsys):
    assert main(["analyze", WALLET]) == 0
    shown = capsys.readouterr().out
    steps = [shown.index(f"{percent:3d} %") for percent in (5, 10, 15, 40, 50, 65, 80, 100)]
    assert steps == sorted(steps)
    assert "150 transactions, 150 of them new" in shown
    assert "SOL of proceeds without a known cost" in shown
    assert not service.redis.exists(keys.wallet_lock(WALLET))


def test_analyze_prints_json_and_nothing_else(service, capsys):
    assert main(["analyze", WALLET, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["walletAddress"], printed["transactions"], printed["synced"]) == (WALLET, 150, True)
    stored = service.one("SELECT figures FROM pnl_result WHERE method = 'fifo'")
    assert printed["wallet"] == stored
    assert printed["behavior"] == service.one("SELECT metrics FROM behavior_result")


def test_analyze_asks_the_chain_again_only_when_forced(service, capsys):
    main(["analyze", WALLET])
    asked = service.provider.requests["addresses"]
    main(["analyze", WALLET])
    assert service.provider.requests["addresses"] == asked
    main(["analyze", WALLET, "--force"])
    assert service.provider.requests["addresses"] > asked
    assert service.stored() == 150


def test_analyze_waits_for_no_one_who_writes_the_wallet_for_long(service, capsys):
    WalletLock(service.redis, WALLET, Speaker("a-job")).take()
    assert main(["analyze", WALLET]) == 1
    assert "Another job is writing this wallet" in capsys.readouterr().err
    assert service.stored() == 0


def test_what_is_no_address_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["analyze", "not-a-wallet"])
    assert ended.value.code == 2
    assert "base58" in capsys.readouterr().err


def test_watch_follows_a_job_to_its_end(service, capsys):
    job_id = service.submit(enrich_metadata=False).job_id
    service.work()
    assert main(["watch", job_id]) == 0
    shown = capsys.readouterr().out
    assert shown.index("  5 %") < shown.index(" 65 %") < shown.index("100 %")


def test_watch_says_that_a_job_was_cancelled(service, capsys):
    job_id = service.submit().job_id
    watching = threading.Thread(target=lambda: codes.append(main(["watch", job_id])))
    codes: list[int] = []
    watching.start()
    until(lambda: watching.is_alive())
    status.cancel(service.redis, service.connection, job_id)
    watching.join(30)
    assert codes == [1]
    assert "The job was cancelled." in capsys.readouterr().out


def test_watch_knows_no_job_that_is_none(service, capsys):
    assert main(["watch", "dashboard-0000000000000000"]) == 1
    assert "no job" in capsys.readouterr().err


def test_worker_refuses_a_queue_that_is_none(service, capsys):
    assert main(["worker", "--pool", "no-such-queue"]) == 1
    assert "no-such-queue" in capsys.readouterr().err
