//! Looks through an expression before it is ever evaluated.
//!
//! An evaluation cannot be stopped from outside, so that an expression that could take long is refused
//! before any report meets it: no loop within a loop, few additions (each copies its texts), known operators
//! only, bounded depth and size. What is left costs at most its own size times that of the texts, which
//! are cut.

use std::collections::BTreeSet;

use cel::{
    IdedExpr,
    common::ast::{ComprehensionExpr, Expr, operators},
};

use super::{
    variables::{Variable, WORDS},
    words::WordGroups,
};

/// The parser descends into brackets and along operators; more of them could exhaust the stack on which
/// rules are read.
const MAX_BRACKETS_DEEP: usize = 20;
const MAX_OPERATORS: usize = 100;
const OPERATORS: [char; 11] = ['+', '-', '*', '/', '%', '!', '?', '=', '<', '>', '.'];
/// So deep an expression is evaluated on any thread's stack, also in a build without optimization.
const MAX_DEPTH: usize = 16;
const MAX_NODES: usize = 1_000;
const MAX_ADDITIONS: usize = 8;

pub(super) const TOO_LARGE: &str = "the expression is too large; make two rules of it";

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

/// What was found in an expression so far.
pub(super) struct Survey<'w> {
    words: &'w WordGroups,
    pub(super) variables: BTreeSet<Variable>,
    pub(super) word_groups: BTreeSet<String>,
    /// Whether this is part of a loop.
    looping: bool,
    /// The names that the loop around here has made.
    of_loop: Vec<String>,
    nodes: usize,
    additions: usize,
}

impl<'w> Survey<'w> {
    pub(super) const fn new(words: &'w WordGroups) -> Self {
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

    pub(super) fn visit(&mut self, part: &IdedExpr, depth: usize) -> Result<(), String> {
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
pub(super) fn is_convoluted(when: &str) -> bool {
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
