-- Many analyses asked for at once. The members are jobs like any other; what a batch tells is counted from their rows.
CREATE TABLE batch (
    id text PRIMARY KEY,
    owner text NOT NULL,                        -- who asked: owners take turns
    created_at timestamptz NOT NULL DEFAULT now(),
    cancelled_at timestamptz,                   -- when its end was asked for
    ended_at timestamptz,                       -- when every member was over
    told_at timestamptz                         -- when batch-completed was in its stream
);
CREATE INDEX batch_untold ON batch (created_at) WHERE told_at IS NULL;

CREATE TABLE batch_member (
    batch_id text NOT NULL REFERENCES batch ON DELETE CASCADE,
    position smallint NOT NULL,
    wallet text NOT NULL,
    job_id text NOT NULL,
    joined boolean NOT NULL,                    -- the job was there before the batch
    PRIMARY KEY (batch_id, position)
);
CREATE INDEX batch_member_of_job ON batch_member (job_id);

-- The batch that a job belongs to, and is cancelled with.
ALTER TABLE analysis_run ADD COLUMN batch text;
CREATE INDEX analysis_run_of_batch ON analysis_run (batch) WHERE batch IS NOT NULL;
