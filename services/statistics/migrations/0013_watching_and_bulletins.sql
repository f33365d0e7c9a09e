-- Work of a county that one process does at a time, day by day. Who holds it may be overtaken; the token tells the holders
-- apart, so that what a holder of before still writes changes nothing.
CREATE TABLE daily_work (
    county text NOT NULL,
    -- watching, bulletins
    work text NOT NULL,
    holder uuid NOT NULL,
    token bigint NOT NULL,
    held_until timestamptz NOT NULL,
    -- The last day that is done; none where none is.
    done_through date,
    PRIMARY KEY (county, work)
);

-- Figures that moved further than chance explains, with all that was reasoned with.
CREATE TABLE watch_alert (
    county text NOT NULL,
    alert_id uuid NOT NULL,
    rule text NOT NULL,
    rule_name text NOT NULL,
    indicator text NOT NULL,
    definition_version integer NOT NULL,
    move smallint NOT NULL,
    series text NOT NULL,
    series_name text NOT NULL,
    -- The day on which it was looked at; the window ends so many days before as the rule waits.
    looked_at date NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    observed bigint NOT NULL,
    observed_of bigint NOT NULL,
    expected double precision NOT NULL,
    reach bigint NOT NULL,
    past bigint NOT NULL,
    past_of bigint NOT NULL,
    past_windows integer NOT NULL,
    scatter double precision NOT NULL,
    chance double precision NOT NULL,
    reason text NOT NULL,
    raised_at timestamptz NOT NULL,
    verdict smallint,
    note text,
    acknowledged_by text,
    acknowledged_at timestamptz,
    PRIMARY KEY (county, alert_id)
);
-- A series is raised by a rule once a day.
CREATE UNIQUE INDEX watch_alert_once ON watch_alert (county, rule, series, looked_at);
CREATE INDEX watch_alert_newest ON watch_alert (county, raised_at, alert_id);

-- Series that are not to be raised for a while; an empty series is the whole rule.
CREATE TABLE watch_mute (
    county text NOT NULL,
    rule text NOT NULL,
    series text NOT NULL,
    until timestamptz NOT NULL,
    reason text NOT NULL,
    muted_by text NOT NULL,
    muted_at timestamptz NOT NULL,
    PRIMARY KEY (county, rule, series)
);

-- Bulletins, kept as they were made.
CREATE TABLE bulletin (
    county text NOT NULL,
    bulletin_id uuid NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    -- Empty for the county, and for all categories.
    area_code text NOT NULL,
    category text NOT NULL,
    summary text NOT NULL,
    -- What was known then is counted.
    made_at timestamptz NOT NULL,
    -- A principal's name; empty where the calendar made it.
    made_by text NOT NULL,
    request_id text NOT NULL,
    agencies text[] NOT NULL,
    -- Its paragraphs.
    said text[] NOT NULL,
    -- The figures in its text, each with the question that it answers.
    figures jsonb NOT NULL,
    -- Of the template's text: what made it look so.
    template_sha256 bytea NOT NULL,
    PRIMARY KEY (county, bulletin_id)
);
-- The calendar makes one of a kind and period, whichever process does it; a request makes one.
CREATE UNIQUE INDEX bulletin_of_period ON bulletin (county, kind, first_day) WHERE made_by = '';
CREATE UNIQUE INDEX bulletin_of_request ON bulletin (county, made_by, request_id) WHERE made_by <> '';
CREATE INDEX bulletin_newest ON bulletin (county, made_at, bulletin_id);

CREATE TABLE bulletin_file (
    county text NOT NULL,
    bulletin_id uuid NOT NULL,
    -- The contract's number.
    format smallint NOT NULL,
    sha256 bytea NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (county, bulletin_id, format)
);
