-- Which slots a range holds whole; NULL: all between its ends, as a walk from page to page leaves it.
ALTER TABLE sync_range ADD COLUMN whole_first bigint, ADD COLUMN whole_last bigint;

-- Slots of a gap that were listed and are to be fetched, so that nobody lists them again.
CREATE TABLE sync_part (
    wallet_id integer NOT NULL REFERENCES wallet ON DELETE CASCADE,
    first_slot bigint NOT NULL,
    last_slot bigint NOT NULL,
    transactions integer NOT NULL,
    PRIMARY KEY (wallet_id, last_slot)
);
