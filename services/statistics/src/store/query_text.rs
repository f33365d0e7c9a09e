//! Definitions as SQL: the same tree that [`crate::domain::language`] evaluates. Every name in it comes from our own
//! lists of columns; what a caller says is bound, never written.

use fengqiao_proto::{statistics::v1::Dimension, types::v1::CaseState};

use crate::domain::{
    definition::Definition,
    language::{Column, ColumnKind, Comparator, Condition, Grain, Measure, Size, TimeBase, TimeTerm, What},
    plan::{self, Part, Pass},
    question::{Question, is_of_time},
};

/// What every query is bound with, in this order: see [`super::counting`].
pub(super) mod parameter {
    pub const COUNTY: &str = "$1::text";
    pub const GENERATION: &str = "$2::int4";
    pub const FROM: &str = "$3::timestamptz";
    pub const BEFORE: &str = "$4::timestamptz";
    pub const NOW: &str = "$5::timestamptz";
    pub const TIME_ZONE: &str = "$6::text";
    pub const AREA_PREFIX: &str = "$7::text";
    pub const AGENCIES: &str = "$8::text[]";
    pub const SOURCES: &str = "$9::int2[]";
    pub const LEVELS: &str = "$10::int2[]";
    pub const CATEGORIES: &str = "$11::text[]";
    pub const KNOWN_AT: &str = "$12::timestamptz";
    pub const LIMIT: &str = "$13::int8";
    /// Where a page of cases begins.
    pub const AFTER: &str = "$14::uuid";
}
use parameter as p;

/// What a text has to know of its question.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub question: &'a Question,
    /// Whether cases that were taken out of an indicator are left out.
    pub fair: bool,
}

/// Counts one pass: its dimensions, numbers and quantiles by group, in the order of the dimensions.
pub(super) fn counting(text: Text<'_>, pass: &Pass) -> String {
    let dimensions: Vec<_> =
        text.question.group_by.iter().map(|one| text.dimension(*one, pass.grain, pass.time)).collect();
    let counts: Vec<_> = pass
        .counts
        .iter()
        .filter_map(|count| Some(text.number(text.question.indicators.get(count.indicator)?, count.part)))
        .collect();
    let quantiles: Vec<_> = pass
        .spreads
        .iter()
        .filter_map(|indicator| text.question.indicators.get(*indicator))
        .flat_map(|definition| text.quantiles(definition))
        .collect();
    format!(
        "SELECT ARRAY[{}]::text[] COLLATE \"C\" AS dimensions, ARRAY[{}]::int8[] AS counts, \
         ARRAY[{}]::int8[] AS quantiles\nFROM {}\nWHERE {}\nGROUP BY 1\nORDER BY 1\nLIMIT {}",
        dimensions.join(", "),
        counts.join(",\n"),
        quantiles.join(",\n"),
        text.facts(pass.grain),
        text.filters(pass.grain, pass.time),
        p::LIMIT,
    )
}

/// The cases behind a side of a figure, each once, in the order of their ids.
pub(super) fn cases(text: Text<'_>, definition: &Definition, side: &Condition) -> String {
    // A case is what a grain of cases counts; the others name theirs.
    format!(
        "SELECT DISTINCT fact.case_id\nFROM {}\nWHERE {} AND fact.case_id IS NOT NULL AND fact.case_id > {}\n\
         AND {}\nORDER BY 1\nLIMIT {}",
        text.facts(definition.grain),
        text.filters(definition.grain, definition.time),
        p::AFTER,
        text.condition(side),
        p::LIMIT,
    )
}

const TABLES: [(Grain, &str); 6] = [
    (Grain::Report, "fact_report"),
    (Grain::Case, "fact_case"),
    (Grain::Push, "fact_push"),
    (Grain::Duty, "fact_duty"),
    (Grain::Activity, "fact_activity"),
    (Grain::OpenDay, "fact_case"),
];

impl Text<'_> {
    /// The facts of a grain, as `fact`.
    fn facts(self, grain: Grain) -> String {
        let table = TABLES.iter().find(|(of, _)| *of == grain).map_or("fact_case", |(_, table)| table);
        match grain {
            Grain::Report => format!(
                "(SELECT report.*, coalesce(opened.agency, '') AS agency, coalesce(opened.level, 0::int2) AS level, \
                 opened.id IS NOT NULL AS has_case, coalesce(opened.drill, false) AS case_drill FROM {table} AS report \
                 LEFT JOIN fact_case AS opened ON opened.county = report.county \
                 AND opened.generation = report.generation AND opened.id = report.case_id AND {}) AS fact",
                self.visible("opened", Grain::Case, None)
            ),
            Grain::OpenDay => format!(
                "(SELECT opened.*, day.day_end FROM (SELECT LEAST((day + 1)::timestamp AT TIME ZONE {zone} \
                 - interval '1 microsecond', {now}) AS day_end FROM (SELECT ({from} AT TIME ZONE {zone})::date + number AS day \
                 FROM generate_series(0, (LEAST({before} - interval '1 microsecond', {now}) AT TIME ZONE {zone})::date \
                 - ({from} AT TIME ZONE {zone})::date) AS number) AS days) AS day \
                 JOIN {table} AS opened ON opened.valid_from <= day.day_end AND (opened.valid_until IS NULL \
                 OR opened.valid_until > day.day_end) AND opened.state = {open}) AS fact",
                zone = p::TIME_ZONE,
                from = p::FROM,
                before = p::BEFORE,
                now = p::NOW,
                open = CaseState::Open as i32,
            ),
            _ => format!("{table} AS fact"),
        }
    }

    /// The row of a thing that answers: the newest that is known, or was; of a case, that was so.
    fn visible(self, alias: &str, grain: Grain, day_end: Option<&str>) -> String {
        let versions = matches!(grain, Grain::Case | Grain::OpenDay);
        let known = self.question.known_at.map(|_| p::KNOWN_AT);
        // What is cut off by time is of another version of a case; of the others the times are cut.
        let happened = day_end.or(self.question.happened_by.map(|_| p::NOW)).filter(|_| versions);
        let mut all = Vec::new();
        if let Some(known) = known {
            all.push(format!("{alias}.known_from <= {known}"));
        }
        if let Some(happened) = happened {
            all.push(format!("{alias}.valid_from <= {happened}"));
        }
        let mut last = Vec::new();
        match (known, happened) {
            (None, None) => {
                let column = if versions { "valid_until" } else { "known_until" };
                last.push(format!("{alias}.{column} IS NULL"));
            }
            (Some(known), None) => {
                last.push(format!("{alias}.known_until IS NULL OR {alias}.known_until > {known}"));
            }
            (None, Some(happened)) => {
                last.push(format!("{alias}.valid_until IS NULL OR {alias}.valid_until > {happened}"));
            }
            (Some(known), Some(happened)) => last.push(format!(
                "{alias}.known_until IS NULL OR {alias}.known_until > {known} OR {alias}.valid_until > {happened}"
            )),
        }
        all.extend(last.into_iter().map(|one| format!("({one})")));
        all.join(" AND ")
    }

    /// Which facts a question is about.
    fn filters(self, grain: Grain, time: Option<Column>) -> String {
        let question = self.question;
        let day_end = (grain == Grain::OpenDay).then_some("fact.day_end");
        let mut all = vec![
            format!("fact.county = {} AND fact.generation = {}", p::COUNTY, p::GENERATION),
            self.visible("fact", grain, day_end),
        ];
        if let Some(time) = time {
            let at = self.time(time);
            all.push(format!("{at} >= {} AND {at} < {}", p::FROM, p::BEFORE));
        }
        if grain == Grain::Report {
            // A report of an exercise may not say so; its case does.
            all.push("NOT fact.case_drill".to_owned());
        }
        if !question.area_prefix.is_empty() {
            all.push(format!("starts_with(fact.area_code, {})", p::AREA_PREFIX));
        }
        let lists = [
            (question.agencies.is_empty(), "agency", p::AGENCIES),
            (question.sources.is_empty(), "source", p::SOURCES),
            (question.levels.is_empty(), "level", p::LEVELS),
            (question.categories.is_empty(), "category", p::CATEGORIES),
        ];
        let given = lists.iter().filter(|(is_empty, _, _)| !is_empty);
        all.extend(given.map(|(_, column, list)| format!("fact.{column} = ANY ({list})")));
        all.join("\nAND ")
    }

    /// The value of a dimension, as text; empty where a fact has none.
    fn dimension(self, dimension: Dimension, grain: Grain, time: Option<Column>) -> String {
        let column = |of: &[Grain], name: &str| {
            if of.contains(&grain) { format!("fact.{name}::text") } else { "''".to_owned() }
        };
        let cases = [Grain::Case, Grain::OpenDay];
        let value = match dimension {
            Dimension::Unspecified => "''".to_owned(),
            Dimension::Area if self.question.area_digits > 0 => {
                format!("left(fact.area_code, {})", self.question.area_digits)
            }
            Dimension::Area => "fact.area_code".to_owned(),
            Dimension::Agency => "fact.agency".to_owned(),
            Dimension::Source => "fact.source::text".to_owned(),
            Dimension::Level => "fact.level::text".to_owned(),
            Dimension::Category => "fact.category".to_owned(),
            Dimension::Kind if grain == Grain::Push => "fact.form::text".to_owned(),
            Dimension::Kind => column(&[Grain::Duty, Grain::Activity], "kind"),
            Dimension::SettledAt => column(&cases, "settled_place"),
            Dimension::Method => column(&cases, "method"),
            Dimension::Day => self.period(time, "YYYY-MM-DD"),
            Dimension::Week => self.period(time, "IYYY-\"W\"IW"),
            Dimension::Month => self.period(time, "YYYY-MM"),
            Dimension::Quarter => self.period(time, "YYYY-\"Q\"Q"),
            Dimension::Year => self.period(time, "YYYY"),
        };
        debug_assert!(!is_of_time(dimension) || time.is_some());
        format!("coalesce({value}, '')")
    }

    fn period(self, time: Option<Column>, pattern: &str) -> String {
        let Some(time) = time else { return "''".to_owned() };
        format!("to_char({} AT TIME ZONE {}, '{pattern}')", self.time(time), p::TIME_ZONE)
    }

    /// A number of a figure.
    fn number(self, definition: &Definition, part: Part) -> String {
        let measure = plan::measure(definition, part);
        let mut filter = self.filter(definition, measure);
        if let (Part::Bucket(number), Some(size)) = (part, &definition.size) {
            let value = self.size(size);
            let (above, up_to) = plan::bucket(definition, number);
            filter.push_str(&format!(" AND {value} IS NOT NULL"));
            filter.push_str(&above.map(|bound| format!(" AND {value} > {bound}")).unwrap_or_default());
            filter.push_str(&up_to.map(|bound| format!(" AND {value} <= {bound}")).unwrap_or_default());
            return format!("count(*) FILTER (WHERE {filter})");
        }
        match &measure.what {
            What::Count => format!("count(*) FILTER (WHERE {filter})"),
            What::Sum(columns) => {
                let sum: Vec<_> =
                    columns.iter().map(|column| format!("fact.{}::int8", column.name)).collect();
                format!("coalesce(sum({}) FILTER (WHERE {filter}), 0)::int8", sum.join(" + "))
            }
        }
    }

    fn quantiles(self, definition: &Definition) -> [String; 2] {
        let Some(size) = &definition.size else { return ["NULL", "NULL"].map(str::to_owned) };
        let value = self.size(size);
        let filter = self.filter(definition, &definition.numerator);
        ["0.5", "0.9"].map(|fraction| {
            format!(
                "percentile_disc({fraction}) WITHIN GROUP (ORDER BY {value}) FILTER (WHERE {filter} AND {value} IS NOT NULL)"
            )
        })
    }

    fn filter(self, definition: &Definition, measure: &Measure) -> String {
        let mut filter = self.condition(&plan::counted(definition, measure));
        if self.fair && definition.grain != Grain::Activity {
            // The id is one of ours: small letters, digits and _.
            filter.push_str(&format!(
                " AND NOT EXISTS (SELECT FROM exclusion WHERE exclusion.county = fact.county \
                 AND exclusion.case_id = fact.case_id AND exclusion.indicator = '{}' \
                 AND exclusion.excluded_at <= coalesce({known}, {now}) \
                 AND (exclusion.included_at IS NULL OR exclusion.included_at > coalesce({known}, {now})))",
                definition.id,
                known = p::KNOWN_AT,
                now = p::NOW,
            ));
        }
        filter
    }

    fn size(self, size: &Size) -> String {
        match size {
            Size::Number(column) => format!("fact.{}::int8", column.name),
            Size::Seconds { from, to } => {
                format!("floor(extract(epoch FROM ({} - {})))::int8", self.time(*to), self.time(*from))
            }
        }
    }

    /// A time; nothing where it happened later than what is looked at.
    fn time(self, column: Column) -> String {
        if self.question.happened_by.is_some() && column.kind == ColumnKind::Happened {
            return format!("(CASE WHEN fact.{0} <= {1} THEN fact.{0} END)", column.name, p::NOW);
        }
        format!("fact.{}", column.name)
    }

    fn term(self, term: &TimeTerm) -> String {
        let base = match term.base {
            TimeBase::Column(column) => self.time(column),
            TimeBase::From => p::FROM.to_owned(),
            TimeBase::Before => p::BEFORE.to_owned(),
            TimeBase::Now => p::NOW.to_owned(),
        };
        if term.shift == 0 { base } else { format!("({base} + make_interval(secs => {}))", term.shift) }
    }

    /// A condition: true or false, never nothing.
    fn condition(self, condition: &Condition) -> String {
        let many = |all: &[Condition], word: &str, none: &str| {
            if all.is_empty() {
                return none.to_owned();
            }
            let all: Vec<_> = all.iter().map(|one| self.condition(one)).collect();
            format!("({})", all.join(word))
        };
        match condition {
            Condition::All(all) => many(all, " AND ", "true"),
            Condition::Any(any) => many(any, " OR ", "false"),
            Condition::Not(one) => format!("(NOT {})", self.condition(one)),
            Condition::Flag(column) => format!("fact.{}", column.name),
            Condition::Has(column) => format!("({} IS NOT NULL)", self.time(*column)),
            Condition::Time(left, comparator, right) => {
                format!("coalesce({} {} {}, false)", self.term(left), sign(*comparator), self.term(right))
            }
            Condition::Number(column, comparator, than) => {
                format!("(fact.{} {} {than})", column.name, sign(*comparator))
            }
            Condition::Code(column, codes) => {
                let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
                format!("(fact.{} IN ({}))", column.name, codes.join(", "))
            }
            // A definition's own word: letters, digits and _.
            Condition::Text(column, texts) => format!("(fact.{} IN ('{}'))", column.name, texts.join("', '")),
        }
    }
}

const fn sign(comparator: Comparator) -> &'static str {
    match comparator {
        Comparator::Equal => "=",
        Comparator::Unequal => "<>",
        Comparator::Less => "<",
        Comparator::AtMost => "<=",
        Comparator::Greater => ">",
        Comparator::AtLeast => ">=",
    }
}
