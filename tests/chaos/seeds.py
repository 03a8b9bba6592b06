"""Seeds that once brought a fault of ours to light, and which: ``make chaos AGAIN=1`` runs them all."""

FAILED_ONCE = {
    200: "a worker that was silent for too long left half an execution behind, and nobody could list workers any more",
    400: "a Redis that forgot everything was told the end of a job a second time",
    1004: "a job that was deleted under a worker's hands left half a hash, and nobody could read it",
    1006: "a Redis that was emptied while the web's reader was cut off from it took the end of a job with it",
    1007: "a job that was queued by a request that broke off, and lost before it was recorded, kept its wallet",
}
