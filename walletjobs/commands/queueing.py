"""``enqueue``, ``cancel`` and ``schedule``: jobs for the workers, now or again and again."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from walletjobs.config import Config
from walletjobs.core.address import parse_address
from walletjobs.core.scope import SCOPES
from walletjobs.errors import AnalysisInProgress, InvalidAddress

OWNER = "command line"  # takes turns with the API's clients
STEPS = {
    "sync": "sync-wallet",
    "pnl": "analyze-pnl",
    "behavior": "analyze-behavior",
    "balances": "fetch-balance",
    "enrichment": "enrich-token-balances",
}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Registers the three commands."""
    enqueue = commands.add_parser("enqueue", help="queue the analysis of a wallet, or of many as a batch")
    _add_wallets(enqueue)
    enqueue.add_argument("--step", choices=STEPS, help="only this step of the analysis, of one wallet")
    enqueue.add_argument("--after", metavar="JOB", help="of a step: begin when this job has completed")
    enqueue.add_argument("--attach", action="store_true", help="where the wallet's job runs already, name it")
    enqueue.add_argument("--force", action="store_true", help="sync even what is current")
    enqueue.add_argument("--scope", choices=SCOPES, default="all", help="how much of the history")
    enqueue.add_argument(
        "--follow-ups", action="store_true", help="after a quick scope the next wider one, up to all"
    )
    enqueue.set_defaults(run=run_enqueue)
    cancel = commands.add_parser("cancel", help="cancel a job or a batch")
    cancel.add_argument("id", metavar="JOB|BATCH")
    cancel.set_defaults(run=run_cancel)
    schedule = commands.add_parser("schedule", help="analyze wallets again and again")
    schedule.set_defaults(run=run_list)
    actions = schedule.add_subparsers(metavar="list|add|remove")
    actions.add_parser("list", help="every schedule, by its next run").set_defaults(run=run_list)
    new = actions.add_parser("add", help="a new schedule")
    _add_wallets(new)
    new.add_argument("--cron", metavar="TEXT", help="when, in UTC: '0 6 * * *', @daily")
    new.add_argument("--every", type=_minutes, metavar="TIME", help="or every 30m, 6h, 1d")
    new.set_defaults(run=run_add)
    remove = actions.add_parser("remove", help="end a schedule")
    remove.add_argument("id", metavar="SCHEDULE")
    remove.set_defaults(run=run_remove)


def run_enqueue(args: argparse.Namespace) -> int:
    """Names the job, or the batch of more than one wallet."""
    wallets = _wallets(args)
    with _doors() as (redis, connection):
        if len(wallets) > 1:
            print(_batch(connection, args, wallets))
        else:
            print(_job(redis, connection, args, wallets[0]))
    return 0


def run_cancel(args: argparse.Namespace) -> int:
    """Says whether it is over, or is ending."""
    from walletjobs.jobs import batches, status

    with _doors() as (redis, connection):
        cancel = batches.cancel_batch if args.id.startswith("batch-") else status.cancel
        print(cancel(redis, connection, args.id))
    return 0


def run_list(args: argparse.Namespace) -> int:
    """A line for each schedule."""
    from walletjobs.jobs.schedules import schedules_of

    with _doors() as (_, connection):
        for each in schedules_of(connection):
            print(_line(each))
    return 0


def run_add(args: argparse.Namespace) -> int:
    """Names the schedule, and when it is due."""
    from walletjobs.core.schedule import NewSchedule
    from walletjobs.jobs.schedules import add_schedule

    if (args.cron is None) == (args.every is None):
        args.parser.error("a schedule has either --cron or --every")
    new = NewSchedule(OWNER, _wallets(args), args.cron, args.every)
    with _doors() as (_, connection):
        print(_line(add_schedule(connection, new)))
    return 0


def run_remove(args: argparse.Namespace) -> int:
    """Says nothing where it is gone."""
    from walletjobs.jobs.schedules import remove_schedule

    with _doors() as (_, connection):
        remove_schedule(connection, args.id)
    return 0


@contextmanager
def _doors() -> Iterator[tuple[Any, Any]]:
    """Redis and Postgres, as long as the block lasts."""
    from walletjobs.db.connection import connect
    from walletjobs.jobs.connection import web_redis

    config = Config.from_env()
    with web_redis(config.redis_url) as redis, connect(config.database_url) as connection:
        yield redis, connection


def _batch(connection: Any, args: argparse.Namespace, wallets: list[str]) -> str:
    from walletjobs.jobs.batches import MOST, Wish, new_batch_id, submit_batch

    if args.step or args.after:
        args.parser.error("--step and --after are for one wallet")
    if args.follow_ups:
        args.parser.error("--follow-ups are for one wallet")
    if len(wallets) > MOST:
        args.parser.error(f"a batch has at most {MOST} wallets; these are {len(wallets)}")
    batch_id = new_batch_id()
    wish = Wish(OWNER, wallets, force_refresh=args.force, scope=args.scope)
    submit_batch(connection, wish, batch_id)
    return batch_id


def _job(redis: Any, connection: Any, args: argparse.Namespace, wallet: str) -> str:
    from walletjobs.jobs.admission import Submission, submit_analysis
    from walletjobs.jobs.queue import DASHBOARD

    if args.after and not args.step:
        args.parser.error("--after goes with --step")
    job_type = STEPS[args.step] if args.step else DASHBOARD
    wanted = Submission(
        wallet,
        job_type,
        args.after,
        force_refresh=args.force,
        scope=args.scope,
        follow_ups=args.follow_ups,
    )
    try:
        return submit_analysis(redis, connection, wanted).job_id
    except AnalysisInProgress as running:
        if not args.attach:
            raise
        return running.job_id


def _add_wallets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("wallets", nargs="*", metavar="WALLET")
    parser.add_argument("--file", type=Path, help="addresses, one a line")
    parser.set_defaults(parser=parser)


def _wallets(args: argparse.Namespace) -> list[str]:
    """The addresses of the command and of the file, each once; ends the program with all that are none."""
    texts = [*args.wallets, *(_read(args) if args.file else [])]
    wallets, wrong = [], []
    for text in texts:
        try:
            wallets.append(parse_address(text))
        except InvalidAddress:
            wrong.append(text)
    if wrong:
        args.parser.error(f"these are no Solana addresses: {', '.join(wrong)}")
    if not wallets:
        args.parser.error("name a wallet, or a --file of them")
    return list(dict.fromkeys(wallets))


def _read(args: argparse.Namespace) -> list[str]:
    try:
        words: list[str] = args.file.read_text().split()
    except (OSError, UnicodeDecodeError) as error:
        args.parser.error(f"{args.file}: {error}")
    return words


def _minutes(text: str) -> int:
    number, unit = text[:-1], {"m": 1, "h": 60, "d": 1440}.get(text[-1:])
    if unit is None or not (number.isascii() and number.isdigit()) or not int(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 30m, 6h or 1d")
    return int(number) * unit


def _line(each: Any) -> str:
    when = each.cron or f"every {each.every_minutes} min"
    wallets = each.wallets[0] if len(each.wallets) == 1 else f"{len(each.wallets)} wallets"
    return f"{each.id}  next {each.next_run_at:%Y-%m-%d %H:%M} UTC  {when}  {wallets}"
