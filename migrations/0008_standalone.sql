-- Balances and enrichments as jobs of their own: one of a kind for a wallet. The enrichment of an analysis is another.
DROP INDEX analysis_run_one_live_step;
CREATE UNIQUE INDEX analysis_run_one_live_step ON analysis_run (type, wallet)
    WHERE type IN ('sync-wallet', 'analyze-pnl', 'analyze-behavior', 'fetch-balance', 'enrich-token-balances')
      AND parent IS NULL AND status IN ('queued', 'processing', 'retrying');
