-- Analyses that are asked for again and again; each time they are a batch.
CREATE TABLE schedule (
    id text PRIMARY KEY,
    owner text NOT NULL,
    wallets text[] NOT NULL,
    cron text,                                  -- in UTC
    every_minutes integer,
    force_refresh boolean NOT NULL,
    enrich_metadata boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    next_run_at timestamptz NOT NULL,           -- whoever moves it on has the run
    last_run_at timestamptz,
    last_batch text,
    CHECK ((cron IS NULL) <> (every_minutes IS NULL))
);
CREATE INDEX schedule_next ON schedule (next_run_at);
