-- Forms: each has its number in the series of its issuer and year, what its recipient sees of it, and its paper. The form
-- of a push stands beside it under the same id; one that is issued by hand stands alone or brings a push.

-- Of a push from before there were forms the number is empty. A drill goes its way and counts nowhere.
ALTER TABLE push
    ADD COLUMN form_number text NOT NULL DEFAULT '',
    ADD COLUMN drill boolean NOT NULL DEFAULT false;

-- The last number of a series in a year. Taken in the transaction that makes the form: who rolls back gives it back, and
-- who comes meanwhile waits.
CREATE TABLE form_series (
    county text NOT NULL,
    issuer text NOT NULL,
    series text NOT NULL,
    year   smallint NOT NULL,
    last   integer NOT NULL,
    PRIMARY KEY (county, issuer, series, year)
) WITH (fillfactor = 10);

-- Templates as they were when a version of them came into use: a form is printed with its own, whatever came after it.
CREATE TABLE form_template (
    county  text NOT NULL,
    kind    smallint NOT NULL,
    version text NOT NULL,
    sha256  bytea NOT NULL,
    source  text NOT NULL,
    PRIMARY KEY (county, kind, version)
);

CREATE TABLE form (
    county           text NOT NULL,
    -- Of a form that has a push the push's id.
    form_id          uuid NOT NULL,
    pushed           boolean NOT NULL,
    kind             smallint NOT NULL,
    title            text NOT NULL,
    issuer           text NOT NULL,
    issuer_name      text NOT NULL,
    series           text NOT NULL,
    year             smallint NOT NULL,
    number           integer NOT NULL,
    -- The whole number, as it is written.
    number_text      text NOT NULL,
    template_version text NOT NULL,
    -- Empty where it went to no agency; then the addressee, who may be a person, stands sealed with the content.
    agency           text NOT NULL,
    agency_name      text NOT NULL,
    recipient_kind   text NOT NULL,
    -- With a push of a duty the duty.
    case_id          uuid,
    case_number      text NOT NULL,
    level            smallint NOT NULL,
    issued_at        timestamptz NOT NULL,
    issued_by        text NOT NULL,
    -- Of one that was issued by hand: makes it repeatable.
    request_id       text,
    sign_by          timestamptz,
    answer_by        timestamptz,
    -- Stands on the paper; without hyphens.
    check_code       text NOT NULL,
    drill            boolean NOT NULL,
    -- A sealed fengqiao.notification.v1.FormContent; null of a push that routing asked for, which says itself what it says.
    sealed_content   bytea,
    PRIMARY KEY (county, form_id)
);
CREATE UNIQUE INDEX form_number ON form (county, issuer, series, year, number);
CREATE UNIQUE INDEX form_check_code ON form (county, check_code);
CREATE UNIQUE INDEX form_request ON form (county, issued_by, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX form_newest ON form (county, issued_at, form_id);
CREATE INDEX form_of_agency ON form (county, agency, issued_at, form_id);
CREATE INDEX form_of_case ON form (county, case_id, issued_at, form_id);

-- The paper, made when it is first asked for and never again.
CREATE TABLE form_paper (
    county     text NOT NULL,
    form_id    uuid NOT NULL,
    sha256     bytea NOT NULL,
    pages      integer NOT NULL,
    sealed_pdf bytea NOT NULL,
    made_at    timestamptz NOT NULL,
    PRIMARY KEY (county, form_id)
);
