"""``walletjobs replay`` and ``generate`` as people call them."""

import json
import signal
import subprocess
import sys

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


def test_what_cannot_be_served_is_told_in_one_line(tmp_path, capsys):
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n")
    for wrong in (
        ["--data", str(bad)],
        ["--data", str(tmp_path / "none.jsonl")],
        ["--data", str(bad), "--rate", "rpc"],
    ):
        assert main(["replay", *wrong]) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_a_trap_nobody_knows_is_refused(tmp_path, capsys):
    asked = ["generate", "--transactions", "5", "--traps", "T99=0.1", "--out", str(tmp_path / "out.jsonl")]
    assert main(asked) == 1
    assert "T99" in capsys.readouterr().err
