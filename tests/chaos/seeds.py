"""Seeds that once brought a fault of ours to light, and which: ``make chaos AGAIN=1`` runs them all."""

FAILED_ONCE = {
    200: "a worker that was silent for too long left half an execution behind, and nobody could list workers any more",
    400: "a Redis that forgot everything was told the end of a job a second time",
}
