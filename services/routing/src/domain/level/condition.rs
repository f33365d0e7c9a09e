//! When a rule is true: an expression that was compiled once.

use std::{collections::BTreeSet, sync::Arc};

use cel::{Context, Env, ExecutionError, Program, Value, common::types::CelBool};

use super::{
    Facts, Past, People,
    survey::{Survey, TOO_LARGE, is_convoluted},
    variables::{Values, Variable, WORDS},
    words::WordGroups,
};

const MAX_BYTES: usize = 4_000;
const COMPILER_STACK_BYTES: usize = 16 << 20;

/// A compiled expression, and what it looks at, so that a reason names just that.
pub(super) struct Condition {
    program: Program,
    variables: BTreeSet<Variable>,
    word_groups: BTreeSet<String>,
}

impl Condition {
    /// Compiles an expression, or says why it may not be one.
    pub(super) fn compile(env: &Arc<Env>, words: &WordGroups, when: &str) -> Result<Self, String> {
        if when.len() > MAX_BYTES {
            return Err(format!("the expression has more than {MAX_BYTES} bytes"));
        }
        if is_convoluted(when) {
            return Err(TOO_LARGE.to_owned());
        }
        let program = env.compile(when).map_err(|e| format!("the expression does not compile: {e}"))?;
        let mut survey = Survey::new(words);
        survey.visit(program.expression(), 0)?;
        let Survey { variables, word_groups, .. } = survey;
        let condition = Self { program, variables, word_groups };
        condition.try_out(env, words)?;
        Ok(condition)
    }

    /// Whether it is true; nothing where it fails.
    pub(super) fn holds(&self, context: &Context<'_, '_>) -> Option<bool> {
        self.evaluate(context).ok().flatten()
    }

    /// The facts that it looked at, without anything that a person wrote.
    pub(super) fn told<'s>(&'s self, values: &'s Values<'_>) -> impl Iterator<Item = (String, String)> + 's {
        let plain = self
            .variables
            .iter()
            .filter_map(|variable| values.told(*variable).map(|value| (variable.name().to_owned(), value)));
        let words = self
            .word_groups
            .iter()
            .filter(|group| values.has_word_of(group))
            .map(|group| (format!("{WORDS}.{group}"), "true".to_owned()));
        plain.chain(words)
    }

    /// Nothing where the value is neither true nor false.
    fn evaluate(&self, context: &Context<'_, '_>) -> Result<Option<bool>, ExecutionError> {
        let value = Value::resolve_val(self.program.expression(), context)?;
        Ok(value.downcast_ref::<CelBool>().map(|answer| *answer.inner()))
    }

    /// Trials with made-up facts find wrong types before a real report does. Arithmetic may fail in a trial,
    /// as it may for some reports.
    fn try_out(&self, env: &Arc<Env>, words: &WordGroups) -> Result<(), String> {
        let tags = ["minor".to_owned()];
        for (facts, found) in [(quiet(), false), (grave(&tags), true)] {
            let values = Values::with_words(&facts, "individual", words, words.pretend(found));
            match self.evaluate(&context(env, &values)) {
                Ok(Some(_))
                | Err(
                    ExecutionError::DivisionByZero(_)
                    | ExecutionError::RemainderByZero(_)
                    | ExecutionError::Overflow(..)
                    | ExecutionError::IndexOutOfBounds(_),
                ) => {}
                Ok(None) => return Err("the expression must be true or false".to_owned()),
                Err(e) => return Err(format!("the expression fails: {e}")),
            }
        }
        Ok(())
    }
}

/// Does what compiles expressions on a thread of its own, whose stack holds the deepest expression that may be
/// compiled; nothing where that thread ended without an answer.
pub(super) fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(COMPILER_STACK_BYTES).spawn_scoped(scope, work);
        thread.ok()?.join().ok()
    })
}

/// A context in which expressions see these values.
pub(super) fn context<'v>(env: &Arc<Env>, values: &'v Values<'_>) -> Context<'v, 'v> {
    let mut context = Context::with_env(Arc::clone(env));
    context.set_variable_resolver(values);
    context
}

/// A report of which nothing is said.
fn quiet() -> Facts<'static> {
    Facts {
        category: "other",
        source: "GRID",
        area: "000000000000",
        hour: 12,
        weekday: 3,
        urgency: "",
        past: Past { reports_30d: 1, helps: 1, ..Past::default() },
        people: People::default(),
        tags: &[],
        title: "",
        narrative: "",
    }
}

/// A report of which everything is said.
fn grave(tags: &[String]) -> Facts<'_> {
    Facts {
        category: "marriage_family",
        source: "POLICE_110",
        hour: 23,
        weekday: 7,
        urgency: "EXTREMELY_URGENT",
        past: Past {
            reports_30d: 9,
            visits: 3,
            calls: 3,
            helps: 3,
            sessions: 13,
            returns: 3,
            days_open: 400,
            repeat: true,
        },
        people: People { parties: 40, minors: true, group_size: 400 },
        tags,
        title: "题",
        narrative: "文",
        ..quiet()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn words() -> WordGroups {
        let groups = BTreeMap::from([
            ("child".to_owned(), vec!["孩子".to_owned()]),
            ("children_many".to_owned(), vec!["孩子们".to_owned()]),
        ]);
        WordGroups::new(&groups).unwrap()
    }

    fn compile(when: &str) -> Result<Condition, String> {
        on_a_deep_stack(|| Condition::compile(&Arc::new(Env::stdlib()), &words(), when)).unwrap()
    }

    #[test]
    fn what_the_field_needs_is_an_expression() {
        for when in [
            "true",
            "hour >= 22 || hour < 5 || weekday in [6, 7]",
            "words.child && !words.children_many && (minors || group_size > 5)",
            "visits > 0 && calls > 0 && helps > 0",
            "tags.exists(tag, tag.startsWith('no_')) || 'five_small' in tags",
            "['a', 'b'].all(one, one != category) && scale == 'individual'",
            "size(narrative) > 500 && narrative.contains('漏水')",
            "area.startsWith('421181105')",
            "10 / (hour - 12) > 100",
            "reports_30d * 2 + sessions - 1 > days_open % 7",
            "(repeat ? 3 : 1) > 2",
        ] {
            let compiled = compile(when);
            assert!(compiled.is_ok(), "{when}: {:?}", compiled.err());
        }
    }

    #[test]
    fn an_expression_that_could_run_away_or_never_fit_is_refused() {
        let doubled = format!("[narrative]{}.size() > 1", ".map(x, x + x)".repeat(40));
        let nested = "tags.exists(a, tags.exists(b, tags.exists(c, a == b)))";
        let added = format!("size({}narrative) > 1", "narrative + ".repeat(200));
        let deep = format!("1{} > 1", " - 1".repeat(900));
        let parentheses = format!("{}true{}", "(".repeat(1_900), ")".repeat(1_900));
        let most = format!("{}1{}{}", "(".repeat(20), " - 1".repeat(100), ")".repeat(20));
        let large = format!("hour in [{}0]", "1,".repeat(1_500));
        for (when, said) in [
            (doubled.as_str(), "loop within a loop"),
            (nested, "loop within a loop"),
            (&added, "too large"),
            (
                "size(title + title + title + title + title + title + title + title + title + title) > 1",
                "8 times",
            ),
            (&deep, "too large"),
            (&parentheses, "too large"),
            (&most, "too large"),
            (&large, "too large"),
            ("title.matches('(a+)+$')", "may not use matches"),
            ("{'a': true}.a", "nothing but words"),
            ("{'a': true} == {'a': true}", "maps"),
            ("nobody == 1", "no nobody"),
            ("hour > 30 && nobody", "no nobody"),
            ("hour > 30 && words.missing", "no group words.missing; there are: child, children_many"),
            ("words == 1", "no words"),
            ("words['child']", "may not use"),
            ("has(words.child.more)", "nothing but words"),
            ("tags.exists(words, words.child)", "may not use words"),
            ("tag.exists(tag, tag == 'a')", "no tag"),
            ("tags.exists(tag, tag > 1)", "fails"),
            ("hour + 1", "true or false"),
            ("repeat && title > 3", "fails"),
            ("words.child ? hour : true", "true or false"),
            ("hour >", "does not compile"),
            ("", "does not compile"),
        ] {
            let refused = compile(when).err().unwrap_or_default();
            assert!(refused.contains(said), "{when}: {refused}");
        }
    }

    #[test]
    fn it_looks_at_just_the_groups_that_it_names() {
        let condition = compile("words.children_many || hour > 3 || narrative == 'x'").unwrap();
        assert_eq!(condition.word_groups, BTreeSet::from(["children_many".to_owned()]));
        assert_eq!(condition.variables, BTreeSet::from([Variable::Hour, Variable::Narrative]));
    }
}
