-- Persons who are told: officers, contacts of the directory, residents. And what a resident may see of a case.

-- One message to one person of one thing, by the first of its channels that takes it.
CREATE TABLE person_message (
    county           text COLLATE "C" NOT NULL,
    -- The key by which a gateway knows that it has it already.
    message_id       uuid NOT NULL,
    -- What routing asked for.
    telling_id       uuid NOT NULL,
    kind             smallint NOT NULL,
    person_kind      smallint NOT NULL,
    -- An officer's principal, a contact's code; empty of residents.
    person           text NOT NULL,
    -- 1 a case, 2 a duty besides cases, whose id then stands in case_id.
    subject          smallint NOT NULL,
    case_id          uuid NOT NULL,
    case_number      text NOT NULL,
    -- What is owed, in a word without personal data.
    what             text NOT NULL,
    level            smallint NOT NULL,
    drill            boolean NOT NULL,
    -- A keyed hash of the address: by it one sees that somebody is told twice, and not whom.
    recipient        bytea NOT NULL,
    sealed_address   bytea NOT NULL,
    -- Channels in their order, and which of them it goes by next; it went by that one where it was taken.
    channels         smallint[] NOT NULL,
    channel          smallint NOT NULL,
    template_version text NOT NULL,
    sealed_text      bytea NOT NULL,
    requested_at     timestamptz NOT NULL,
    -- 1 waiting, 2 taken by a gateway, 3 parked, 4 withheld: told of the same a moment ago, 5 dropped: protected meanwhile.
    state            smallint NOT NULL DEFAULT 1,
    -- Claims so far: a late answer to an earlier one changes nothing.
    claims           integer NOT NULL DEFAULT 0,
    failures         integer NOT NULL DEFAULT 0,
    -- Not tried before this; whoever tries moves it beyond the end of the try.
    next_try_at      timestamptz NOT NULL DEFAULT '-infinity',
    ended_at         timestamptz,
    http_status      integer NOT NULL DEFAULT 0,
    error            text NOT NULL DEFAULT '',
    PRIMARY KEY (county, message_id)
) WITH (fillfactor = 80);

-- However often an event comes, each person has one message of it.
CREATE UNIQUE INDEX person_message_once ON person_message (county, telling_id, recipient);
CREATE INDEX person_message_due ON person_message (county, channel, level DESC, requested_at) WHERE state = 1;
-- Whom a case's matter was told, and who was told of the same a moment ago.
CREATE INDEX person_message_case ON person_message (county, case_id, recipient, requested_at);
CREATE INDEX person_message_newest ON person_message (county, requested_at DESC, message_id DESC);
-- Those of duties besides cases go with their age: no case ends them.
CREATE INDEX person_message_duty ON person_message (county, requested_at) WHERE subject <> 1;

-- What a resident may see of a case: stage and days, and whom to phone.
CREATE TABLE case_progress (
    county      text COLLATE "C" NOT NULL,
    case_id     uuid NOT NULL,
    case_number text COLLATE "C" NOT NULL,
    -- The newest change wins.
    version     bigint NOT NULL,
    state       smallint NOT NULL,
    opened_at   timestamptz NOT NULL,
    signed_at   timestamptz,
    resolved_at timestamptz,
    revisited_at timestamptz,
    closed_at   timestamptz,
    -- The case that it is handled with.
    merged_into uuid,
    -- Of a protected case nothing is shown to anyone.
    protected   boolean NOT NULL,
    drill       boolean NOT NULL,
    -- The second secret, which the resident has by message or on paper.
    sealed_code bytea NOT NULL,
    PRIMARY KEY (county, case_id)
) WITH (fillfactor = 70);
CREATE INDEX case_progress_number ON case_progress (county, case_number);
