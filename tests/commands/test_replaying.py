"""``walletjobs replay`` and ``generate`` as people call them."""

import gzip
import json
import signal
import socket
import subprocess
import sys

import pytest
import requests

from walletjobs.cli import main


def test_a_generated_wallet_is_replayed_until_interrupted(tmp_path, capsys):
    out, truth = tmp_path / "wallet.jsonl.gz", tmp_path / "truth.json"
    assert main(["generate", "--transactions", "120", "--out", str(out), "--truth", str(truth)]) == 0
    wallet = capsys.readouterr().out.strip()
    assert json.loads(truth.read_text())["wallet"] == wallet
    command = [sys.executable, "-m", "walletjobs.cli", "replay", "--data", str(out), "--fault", "all.5xx=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            first = process.stdout.readline()
            variables = dict(process.stdout.readline().strip().split("=", 1) for _ in range(5))
            assert first.startswith("Replaying 120 transactions at http://127.0.0.1:")
            url = f"{variables['HELIUS_REST_URL']}/v0/addresses/{wallet}/transactions"
            query = {"api-key": variables["HELIUS_API_KEY"], "token-accounts": "balanceChanged", "limit": 100}
            assert len(requests.get(url, params=query, timeout=9).json()) == 100
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(9) == 130


def test_an_interrupt_is_heard_by_what_a_script_started_in_the_background(tmp_path):
    out = tmp_path / "wallet.jsonl"
    assert main(["generate", "--transactions", "3", "--out", str(out)]) == 0
    command = [sys.executable, "-m", "walletjobs.cli", "replay", "--data", str(out)]
    deaf = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command]
    with subprocess.Popen(deaf, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(9) == 130


def test_what_cannot_be_served_is_told_in_one_line(tmp_path, capsys):
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n")
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b"{}\n" * 99)[:-12])
    for wrong in (bad, cut, tmp_path, tmp_path / "none.jsonl"):
        assert main(["replay", "--data", str(wrong)]) == 1
        assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        *("--rate rpc", "--rate rpc=-5", "--latency rpc=nan", "--latency nowhere=5", "--down nobody"),
        *("--refuse x", "--fault 5xx=7", "--fault nothing=1", "--fault nowhere.5xx=1"),
    ],
)
def test_what_no_answer_could_heed_is_wrong_usage(tmp_path, capsys, wrong):
    data = tmp_path / "data.jsonl"
    data.write_text("")
    assert main(["replay", "--data", str(data), *wrong.split()]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_port_that_is_taken_or_none_is_told_in_one_line(tmp_path, capsys):
    data = tmp_path / "data.jsonl"
    data.write_text("")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["replay", "--data", str(data), "--port", str(taken.getsockname()[1])]) == 1
    assert "in use" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["replay", "--data", str(data), "--port", "65536"])


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path, capsys):
    for places in (["--out", "nowhere/a"], ["--out", "a", "--truth", "nowhere/b"]):
        paths = [str(tmp_path / place) if not place.startswith("--") else place for place in places]
        assert main(["generate", "--transactions", "5", *paths]) == 1
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        assert "nowhere" in told


def test_a_trap_nobody_knows_is_refused(tmp_path, capsys):
    asked = ["generate", "--transactions", "5", "--traps", "T99=0.1", "--out", str(tmp_path / "out.jsonl")]
    assert main(asked) == 2
    assert "T99" in capsys.readouterr().err
