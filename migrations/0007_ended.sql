-- By the time of their end jobs are counted, and forgotten when their time is over.
CREATE INDEX analysis_run_ended ON analysis_run (ended_at) WHERE ended_at IS NOT NULL;
