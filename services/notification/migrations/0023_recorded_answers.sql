-- What an officer of the centre entered for an agency that can say it by no way of its own (代录): beside the answer who at the
-- agency did it and when, how the centre learned of it, and when it was entered. Which officer entered it stands with the
-- answer, which has the time from which it counts.
CREATE TABLE recorded_answer (
    county        text COLLATE "C" NOT NULL,
    push_id       uuid NOT NULL,
    -- The number of the contract's AnswerKind.
    kind          smallint NOT NULL,
    -- Of a feedback; empty of others.
    request_id    text NOT NULL,
    -- The number of the contract's RecordedMeans.
    means         smallint NOT NULL,
    -- Name and capacity, a line each, sealed.
    sealed_teller bytea NOT NULL,
    done_at       timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    PRIMARY KEY (county, push_id, kind, request_id)
);
