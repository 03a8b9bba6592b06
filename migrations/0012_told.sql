-- When the end of a job was told to its followers: once, whatever Redis has forgotten since.
ALTER TABLE analysis_run ADD COLUMN told_at timestamptz;
UPDATE analysis_run SET told_at = coalesce(ended_at, now()) WHERE status IN ('completed', 'failed', 'cancelled');
CREATE INDEX analysis_run_untold ON analysis_run (ended_at) WHERE told_at IS NULL AND ended_at IS NOT NULL;
