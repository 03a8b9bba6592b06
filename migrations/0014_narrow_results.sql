-- A page of tokens is chosen by narrow columns; figures, which are only shown, are read for the rows of the page alone.
ALTER TABLE token_result
    ADD COLUMN roi double precision GENERATED ALWAYS AS ((figures ->> 'roi')::double precision) STORED;
CREATE INDEX token_result_narrow ON token_result (wallet_id, scope, method, mode, time_window)
    INCLUDE (mint, decimals, buys, sells, held, held_known, cost, proceeds, realized_pnl, open_cost,
             unverified_quantity, unverified_proceeds, first_trade, last_trade, roi);
-- The index alone answers for rows that a vacuum has seen: a thousand new ones are worth one.
ALTER TABLE token_result SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000
);

-- When prices were last asked for, of any token: what was valued since then is valued right.
CREATE INDEX token_price_asked ON token (price_asked_at);
CREATE INDEX token_market_asked ON token (market_asked_at);
