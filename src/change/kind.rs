//! Kinds of change and the facts that each declares.

use smallvec::SmallVec;

/// A fact that a kind of change states, with every value it can have.
#[derive(Debug, PartialEq, Eq)]
pub struct FactDecl {
    /// The name used in `when` of a rule page, kebab-case.
    pub name: &'static str,
    /// Every value; a boolean fact has `false` and `true`.
    pub values: &'static [&'static str],
}

impl FactDecl {
    /// A fact that is either true or false.
    #[must_use]
    pub const fn boolean(name: &'static str) -> Self {
        Self { name, values: &["false", "true"] }
    }

    /// A fact with named values.
    #[must_use]
    pub const fn one_of(name: &'static str, values: &'static [&'static str]) -> Self {
        Self { name, values }
    }
}

/// One kind of change of one format: `field-removed` of protobuf.
///
/// Every combination of the declared facts must be judged by exactly one rule page; a test enumerates them.
#[derive(Debug, PartialEq, Eq)]
pub struct ChangeKind {
    /// The folder of its rule pages: `protobuf`, `schema`, `openapi`.
    pub format: &'static str,
    /// Kebab-case, "element-what-happened".
    pub id: &'static str,
    /// The facts, in the order in which [`Facts`] of this kind state them.
    pub facts: &'static [FactDecl],
    /// Combinations of facts that cannot occur, as lists of `(fact, value)` that exclude each other when all hold.
    pub impossible: &'static [&'static [(&'static str, &'static str)]],
}

impl ChangeKind {
    /// A kind whose facts may combine freely.
    #[must_use]
    pub const fn new(format: &'static str, id: &'static str, facts: &'static [FactDecl]) -> Self {
        Self { format, id, facts, impossible: &[] }
    }

    /// Every combination of facts that can occur, for the exactly-one-rule test.
    #[must_use]
    pub fn combinations(&self) -> Vec<Facts> {
        let mut all = vec![Facts::default()];
        for fact in self.facts {
            all = all
                .iter()
                .flat_map(|facts| fact.values.iter().map(|&value| facts.clone().with(fact.name, value)))
                .collect();
        }
        all.retain(|facts| {
            !self.impossible.iter().any(|excluded| excluded.iter().all(|&(name, value)| facts.get(name) == Some(value)))
        });
        all
    }
}

/// The facts that one change states: one value for each fact its kind declares.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts(SmallVec<[(&'static str, &'static str); 4]>);

impl Facts {
    /// Adds a fact; the value must be one that the kind declares.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.0.push((name, value));
        self
    }

    /// Adds a boolean fact.
    #[must_use]
    pub fn with_bool(self, name: &'static str, value: bool) -> Self {
        self.with(name, if value { "true" } else { "false" })
    }

    /// The value of a fact, if it was stated.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static str> {
        self.0.iter().find(|(fact, _)| *fact == name).map(|&(_, value)| value)
    }

    /// All facts in the order in which they were stated.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.0.iter().copied()
    }
}
