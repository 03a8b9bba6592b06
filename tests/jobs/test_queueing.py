"""``walletjobs enqueue``, ``cancel``, ``schedule`` and ``watch`` of a batch, as a user calls them."""

import threading

import pytest
from jobservice import OTHER, WALLET, Service, trades, until
from redis import Redis

from walletjobs.cli import main
from walletjobs.jobs.schedules import schedules_of


@pytest.fixture
def service(make_service, redis_client: Redis) -> Service:
    return make_service(redis_client, trades(50) + trades(50, OTHER))


@pytest.fixture
def say(capsys):
    """What a command prints."""

    def run(*arguments: str) -> str:
        assert main(list(arguments)) == 0
        return capsys.readouterr().out.strip()

    return run


def test_a_wallet_is_queued_once_and_its_job_named(service, say, capsys):
    job_id = say("enqueue", WALLET)
    assert service.run(job_id).status == "queued"
    assert main(["enqueue", WALLET]) == 1
    assert job_id in capsys.readouterr().err
    assert say("enqueue", WALLET, "--attach") == job_id


def test_steps_are_queued_one_after_the_other(service, say):
    sync = say("enqueue", WALLET, "--step", "sync")
    pnl = say("enqueue", WALLET, "--step", "pnl", "--after", sync)
    assert (service.run(pnl).type, service.run(pnl).depends_on) == ("analyze-pnl", sync)


def test_a_quick_scope_is_queued_with_what_follows_it(service, say):
    run = service.run(say("enqueue", WALLET, "--scope", "7d", "--follow-ups"))
    assert (run.scope, run.arguments["scope"], run.arguments["follow_ups"]) == ("7d", "7d", True)


def test_many_wallets_are_a_batch_that_is_watched_to_its_end(service, say, tmp_path):
    listed = tmp_path / "wallets.txt"
    listed.write_text(f"{OTHER}\n{WALLET}\n")
    batch_id = say("enqueue", WALLET, "--file", str(listed))
    assert service.one("SELECT count(*) FROM batch_member WHERE batch_id = %s", batch_id) == 2
    codes: list[int] = []
    watching = threading.Thread(target=lambda: codes.append(main(["watch", batch_id])))
    watching.start()
    until(lambda: (service.tick(), service.work(), codes)[-1])
    watching.join()
    assert codes == [0]


def test_jobs_and_batches_are_cancelled_by_their_ids(service, say):
    job_id, batch_id = say("enqueue", WALLET), say("enqueue", OTHER, WALLET)
    assert say("cancel", batch_id) == "cancelled"
    assert say("cancel", job_id) == "cancelled"
    assert {service.run(job_id).status} == {"cancelled"}


def test_schedules_are_made_listed_and_removed(service, say):
    assert say("schedule") == ""
    made = say("schedule", "add", WALLET, OTHER, "--every", "6h")
    say("schedule", "add", WALLET, "--cron", "0 6 * * *")
    assert say("schedule", "list").splitlines()[0] == made
    assert ("every 360 min" in made, "2 wallets" in made) == (True, True)
    say("schedule", "remove", made.partition(" ")[0])
    (left,) = schedules_of(service.connection)
    assert (left.cron, left.wallets) == ("0 6 * * *", [WALLET])


@pytest.mark.parametrize(
    "arguments",
    [
        ["enqueue"],
        ["enqueue", "nonsense", WALLET, "rubbish"],
        ["enqueue", WALLET, "--after", "job"],
        ["enqueue", WALLET, OTHER, "--step", "sync"],
        ["enqueue", WALLET, OTHER, "--follow-ups"],
        ["enqueue", WALLET, "--scope", "1y"],
        ["enqueue", "--file", "no-such-file"],
        ["schedule", "add", WALLET],
        ["schedule", "add", WALLET, "--every", "soon"],
        ["schedule", "add", WALLET, "--every", "5m", "--cron", "@daily"],
    ],
)
def test_wrong_usage_is_2(environment, arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "nonsense" not in arguments or ("nonsense" in told and "rubbish" in told)
