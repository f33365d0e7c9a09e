-- What shows that a return is right, and for which reasons the county wants it: bit n stands for the reason with the
-- number n. Whoever does not know of it leaves both as they are.
ALTER TABLE push
    -- References, one a line, sealed.
    ADD COLUMN return_evidence bytea,
    ADD COLUMN evidence_for integer NOT NULL DEFAULT 0;
