-- Jobs of one step each, and jobs that wait for another one: here, and not yet in a queue of Redis.
ALTER TABLE analysis_run
    ADD COLUMN depends_on text,                 -- the job whose end it waits for
    ADD COLUMN held boolean NOT NULL DEFAULT false;

CREATE UNIQUE INDEX analysis_run_one_live_step ON analysis_run (type, wallet)
    WHERE type IN ('sync-wallet', 'analyze-pnl', 'analyze-behavior') AND status IN ('queued', 'processing', 'retrying');
CREATE INDEX analysis_run_held ON analysis_run (created_at) WHERE held AND status = 'queued';
