//! When a rule is true: an expression that was compiled once and cannot run away.
//!
//! An evaluation cannot be stopped from outside, so that an expression that could take long is refused
//! before any report meets it: no loop within a loop, few additions (each copies its texts), known operators
//! only, bounded depth and size. What is left costs at most its own size times that of the texts, which
//! are cut.

use std::{collections::BTreeSet, sync::Arc};

use cel::{
    Context, Env, ExecutionError, IdedExpr, Program, Value,
    common::{
        ast::{ComprehensionExpr, Expr, operators},
        types::CelBool,
    },
};

use super::{
    Facts, Past, People,
    variables::{Values, Variable, WORDS},
    words::WordGroups,
};

const MAX_BYTES: usize = 4_000;
/// The parser descends into brackets and along operators; more of them could exhaust the stack on which
/// rules are read.
const MAX_BRACKETS_DEEP: usize = 20;
const MAX_OPERATORS: usize = 100;
const OPERATORS: [char; 11] = ['+', '-', '*', '/', '%', '!', '?', '=', '<', '>', '.'];
const COMPILER_STACK_BYTES: usize = 16 << 20;
/// So deep an expression is evaluated on any thread's stack, also in a build without optimization.
const MAX_DEPTH: usize = 16;
const MAX_NODES: usize = 1_000;
const MAX_ADDITIONS: usize = 8;

const TOO_LARGE: &str = "the expression is too large; make two rules of it";

/// What an expression may call; all take a time that their arguments bound.
const FUNCTIONS: [&str; 22] = [
    operators::CONDITIONAL,
    operators::LOGICAL_AND,
    operators::LOGICAL_OR,
    operators::LOGICAL_NOT,
    operators::NOT_STRICTLY_FALSE,
    operators::EQUALS,
    operators::NOT_EQUALS,
    operators::LESS,
    operators::LESS_EQUALS,
    operators::GREATER,
    operators::GREATER_EQUALS,
    operators::IN,
    operators::ADD,
    operators::SUBSTRACT,
    operators::MULTIPLY,
    operators::DIVIDE,
    operators::MODULO,
    operators::NEGATE,
    "contains",
    "startsWith",
    "endsWith",
    "size",
];

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

/// Walks through an expression before it is ever evaluated.
struct Survey<'w> {
    words: &'w WordGroups,
    variables: BTreeSet<Variable>,
    word_groups: BTreeSet<String>,
    /// Whether this is part of a loop.
    looping: bool,
    /// The names that the loop around here has made.
    of_loop: Vec<String>,
    nodes: usize,
    additions: usize,
}

impl<'w> Survey<'w> {
    const fn new(words: &'w WordGroups) -> Self {
        Self {
            words,
            variables: BTreeSet::new(),
            word_groups: BTreeSet::new(),
            looping: false,
            of_loop: Vec::new(),
            nodes: 0,
            additions: 0,
        }
    }

    fn visit(&mut self, part: &IdedExpr, depth: usize) -> Result<(), String> {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err(TOO_LARGE.to_owned());
        }
        match &part.expr {
            Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.name(name),
            Expr::Call(call) => {
                self.function(&call.func_name)?;
                call.target.iter().try_for_each(|target| self.visit(target, depth + 1))?;
                call.args.iter().try_for_each(|argument| self.visit(argument, depth + 1))
            }
            Expr::List(list) => list.elements.iter().try_for_each(|element| self.visit(element, depth + 1)),
            Expr::Select(select) if is_words(&select.operand) => self.word_group(&select.field),
            Expr::Select(select) => Err(format!("nothing but {WORDS} has fields; .{} is none", select.field)),
            Expr::Comprehension(repeated) => self.repeated(repeated, depth),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err("an expression may not make maps or messages".to_owned())
            }
        }
    }

    fn name(&mut self, name: &str) -> Result<(), String> {
        if self.of_loop.iter().any(|made| made == name) {
            return Ok(());
        }
        let variable = Variable::of(name).ok_or_else(|| {
            let known: Vec<&str> = Variable::ALL.into_iter().map(Variable::name).collect();
            format!("there is no {name}; an expression may use {}, {WORDS}.<group>", known.join(", "))
        })?;
        self.variables.insert(variable);
        Ok(())
    }

    fn word_group(&mut self, group: &str) -> Result<(), String> {
        if self.words.place(group).is_none() {
            let known = self.words.names().join(", ");
            return Err(format!("there is no group {WORDS}.{group}; there are: {known}"));
        }
        self.word_groups.insert(group.to_owned());
        Ok(())
    }

    fn function(&mut self, name: &str) -> Result<(), String> {
        if !FUNCTIONS.contains(&name) {
            return Err(format!("an expression may not use {name}"));
        }
        self.additions += usize::from(name == operators::ADD);
        if self.additions > MAX_ADDITIONS {
            return Err(format!("an expression may not add more than {MAX_ADDITIONS} times"));
        }
        Ok(())
    }

    /// A loop over a list: `exists`, `all`, `map` …
    fn repeated(&mut self, of: &ComprehensionExpr, depth: usize) -> Result<(), String> {
        if self.looping {
            return Err("an expression may not loop within a loop".to_owned());
        }
        self.looping = true;
        // The range counts as part: a loop over what a loop made could double its texts again and again.
        self.visit(&of.iter_range, depth + 1)?;
        self.visit(&of.accu_init, depth + 1)?;
        self.of_loop = [&of.iter_var, &of.accu_var].into_iter().chain(&of.iter_var2).cloned().collect();
        if let Some(taken) = self.of_loop.iter().find(|name| *name == WORDS || Variable::of(name).is_some()) {
            return Err(format!("a loop may not use {taken} for what it loops over"));
        }
        for part in [&of.loop_cond, &of.loop_step, &of.result] {
            self.visit(part, depth + 1)?;
        }
        self.looping = false;
        self.of_loop.clear();
        Ok(())
    }
}

/// Whether parsing could go too deep. What stands in quotes counts too: it costs nothing to be careful.
fn is_convoluted(when: &str) -> bool {
    let mut deep = 0_usize;
    let mut deepest = 0;
    for c in when.chars() {
        match c {
            '(' | '[' | '{' => deep += 1,
            ')' | ']' | '}' => deep = deep.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(deep);
    }
    let operators = when.chars().filter(|c| OPERATORS.contains(c)).count();
    deepest > MAX_BRACKETS_DEEP || operators > MAX_OPERATORS
}

fn is_words(operand: &IdedExpr) -> bool {
    matches!(&operand.expr, Expr::Ident(name) if name == WORDS)
}

/// A report of which nothing is said.
fn quiet() -> Facts<'static> {
    Facts {
        category: "other",
        source: "GRID",
        area: "000000000000",
        hour: 12,
        weekday: 3,
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
