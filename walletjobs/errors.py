"""Every error of ours, in one tree.

WalletjobsError
├── Permanent            trying again changes nothing
│   ├── InvalidAddress       invalid_address
│   ├── InvalidData          invalid_data
│   ├── InvalidSetting       invalid_setting
│   ├── InvalidArgument      invalid_argument
│   ├── InvalidJob           invalid_job
│   ├── UnknownWallet        wallet_not_found
│   ├── NotAWallet           not_a_wallet
│   ├── UnknownToken         token_not_found
│   ├── UnknownJob           job_not_found
│   ├── UnknownBatch         batch_not_found
│   ├── UnknownSchedule      schedule_not_found
│   ├── JobIsOver            job_is_over
│   ├── DependencyFailed     dependency_failed
│   ├── AnalysisInProgress   analysis_in_progress
│   ├── ImageRefused         image_refused
│   ├── ProviderRefused      provider_refused
│   │   └── NotOffered           provider_not_offered
│   ├── QuotaExhausted       provider_quota_exhausted
│   ├── LockLost             lock_lost
│   ├── Superseded           superseded
│   ├── Cancelled            cancelled
│   ├── TimedOut             timed_out
│   ├── MigrationRefused     migration_refused
│   └── ChildEnded           child_ended
└── Transient            the same call may work later
    ├── ProviderUnavailable  provider_unavailable
    ├── RateLimited          rate_limited
    ├── DatabaseUnavailable  database_unavailable
    ├── QueueUnavailable     queue_unavailable
    ├── LockBusy             lock_busy
    ├── WorkerStopping       worker_stopping
    └── WorkerLost           worker_lost
"""


class WalletjobsError(Exception):
    """Root of our errors; the class's first docstring line is the default message."""

    code = "internal_error"
    transient = False

    def __init__(self, detail: str = "") -> None:
        self.detail = detail or (type(self).__doc__ or "").partition("\n")[0]
        super().__init__(self.detail)


class Permanent(WalletjobsError):
    """Trying again changes nothing."""


class Transient(WalletjobsError):
    """The same call may work later."""

    transient = True

    def __init__(self, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after = retry_after  # seconds, where the other side named them


class InvalidAddress(Permanent):
    """This is not a Solana address."""

    code = "invalid_address"


class InvalidData(Permanent):
    """The data does not have the form it should."""

    code = "invalid_data"


class InvalidSetting(Permanent):
    """An environment variable has a value that cannot be used."""

    code = "invalid_setting"


class InvalidArgument(Permanent):
    """A command's argument has a value that cannot be used."""

    code = "invalid_argument"


class InvalidJob(Permanent):
    """The job's arguments cannot be used."""

    code = "invalid_job"


class UnknownWallet(Permanent):
    """This wallet has not been analyzed."""

    code = "wallet_not_found"


class NotAWallet(Permanent):
    """This address is a program, not a wallet: its transactions are everybody's."""

    code = "not_a_wallet"


class UnknownToken(Permanent):
    """Nothing is known of this token."""

    code = "token_not_found"


class UnknownJob(Permanent):
    """There is no such job."""

    code = "job_not_found"


class UnknownBatch(Permanent):
    """There is no such batch."""

    code = "batch_not_found"


class UnknownSchedule(Permanent):
    """There is no such schedule."""

    code = "schedule_not_found"


class JobIsOver(Permanent):
    """The job has already ended."""

    code = "job_is_over"


class DependencyFailed(Permanent):
    """The job that this one depends on did not complete."""

    code = "dependency_failed"


class AnalysisInProgress(Permanent):
    """A job that does this for the wallet is already queued or running."""

    code = "analysis_in_progress"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"A job that does this for the wallet is already queued or running: {job_id}")
        self.job_id = job_id


class ImageRefused(Permanent):
    """This image is not shown."""

    code = "image_refused"


class ProviderRefused(Permanent):
    """The provider refused the request."""

    code = "provider_refused"


class NotOffered(ProviderRefused):
    """The provider does not offer this to our key or plan."""

    code = "provider_not_offered"


class QuotaExhausted(Permanent):
    """The provider's credits for this period are used up."""

    code = "provider_quota_exhausted"


class LockLost(Permanent):
    """Another job holds this wallet now; nothing more is written by this one."""

    code = "lock_lost"


class Superseded(Permanent):
    """A newer start of this job has begun; this one ends without a word."""

    code = "superseded"


class Cancelled(Permanent):
    """The job was cancelled."""

    code = "cancelled"


class TimedOut(Permanent):
    """The job took longer than it may."""

    code = "timed_out"


class MigrationRefused(Permanent):
    """A migration that has already run was edited."""

    code = "migration_refused"


class ChildEnded(Permanent):
    """A program that we started has ended by itself."""

    code = "child_ended"


class ProviderUnavailable(Transient):
    """The provider did not answer, or answered with nonsense."""

    code = "provider_unavailable"


class RateLimited(Transient):
    """The provider asks us to slow down."""

    code = "rate_limited"


class DatabaseUnavailable(Transient):
    """Postgres cannot be reached."""

    code = "database_unavailable"


class QueueUnavailable(Transient):
    """Redis cannot be reached."""

    code = "queue_unavailable"


class LockBusy(Transient):
    """Another job is writing this wallet."""

    code = "lock_busy"


class WorkerStopping(Transient):
    """The worker is shutting down; another one takes the job up."""

    code = "worker_stopping"


class WorkerLost(Transient):
    """The worker died; another one takes the job up."""

    code = "worker_lost"
