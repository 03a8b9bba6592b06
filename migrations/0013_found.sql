-- Which prices were stored since an analysis.
CREATE INDEX sol_price_found ON sol_price (found_at);
