//! Who asks, and what they may do.

use globset::GlobBuilder;

use crate::registry::domain::Scope;
use crate::registry::service::Refused;

/// Somebody whose identity was established.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// For the audit log: a token's name, `oidc:repo:acme/web`, `anonymous`.
    pub(crate) actor: String,
    /// The request's id.
    pub(crate) request: String,
    /// What they may do.
    pub(crate) scopes: Vec<Scope>,
    /// Globs of services that they may write to; empty means every service.
    pub(crate) services: Vec<String>,
}

impl Caller {
    /// The registry itself: start-up, retention.
    pub(crate) fn system() -> Self {
        Self { actor: "system".into(), request: String::new(), scopes: vec![Scope::Admin], services: Vec::new() }
    }

    /// Whether the caller has a scope. Every scope includes looking.
    pub(crate) fn has(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|own| *own == scope || *own == Scope::Admin || scope == Scope::Read)
    }

    /// Whether the caller may only look, and only at some services. Whoever may write to a service sees everything: its
    /// builds fetch what others offer and ask whether it works with them.
    pub(crate) fn is_limited_reader(&self) -> bool {
        !self.services.is_empty() && self.scopes.iter().all(|scope| *scope == Scope::Read)
    }

    /// Refuses a limited reader who names none of their services.
    pub(crate) fn may_look_at<'a>(&self, mut named: impl Iterator<Item = &'a str>) -> Result<(), Refused> {
        let is_theirs = |service: &str| self.services.iter().any(|glob| matches(glob, service));
        if !self.is_limited_reader() || named.any(is_theirs) {
            return Ok(());
        }
        Err(Refused::Forbidden(format!(
            "`{}` may only look at the services {}, and this address names none of them",
            self.actor,
            self.services.join(", ")
        )))
    }

    /// Refuses a caller without a scope.
    pub(crate) fn require(&self, scope: Scope) -> Result<(), Refused> {
        if self.has(scope) {
            return Ok(());
        }
        Err(Refused::Forbidden(format!("`{}` does not have the scope `{}`", self.actor, scope.word())))
    }

    /// Refuses a caller without a scope for one service.
    pub(crate) fn require_for(&self, scope: Scope, service: &str) -> Result<(), Refused> {
        self.require(scope)?;
        if self.services.is_empty() || self.services.iter().any(|glob| matches(glob, service)) {
            return Ok(());
        }
        Err(Refused::Forbidden(format!(
            "`{}` has the scope `{}`, but not for the service `{service}`",
            self.actor,
            scope.word()
        )))
    }

    /// Refuses a caller who has none of these scopes for one service, and says that the first is missing.
    pub(crate) fn require_one_for(&self, scopes: &[Scope], service: &str) -> Result<(), Refused> {
        let mut first = None;
        for scope in scopes {
            match self.require_for(*scope, service) {
                Ok(()) => return Ok(()),
                Err(refused) => first = first.or(Some(refused)),
            }
        }
        // Who names no scope at all does not thereby let everybody in.
        first.map_or_else(|| self.require_for(Scope::Admin, service), Err)
    }
}

/// Whether a glob matches all of a text; `*` stops at `/`, as in `acme/*`. A malformed glob matches nothing.
pub(crate) fn matches(glob: &str, text: &str) -> bool {
    GlobBuilder::new(glob).literal_separator(true).build().is_ok_and(|built| built.compile_matcher().is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(scopes: &[Scope], services: &[&str]) -> Caller {
        Caller {
            actor: "ci".into(),
            request: String::new(),
            scopes: scopes.to_vec(),
            services: services.iter().map(|&glob| glob.to_owned()).collect(),
        }
    }

    #[test]
    fn a_token_for_some_services_cannot_write_to_others() {
        let ci = caller(&[Scope::Publish], &["web-*"]);
        assert!(ci.require_for(Scope::Publish, "web-shop").is_ok());
        assert!(ci.require_for(Scope::Publish, "orders").is_err());
        assert!(ci.require_for(Scope::Deploy, "web-shop").is_err());
        assert!(ci.require(Scope::Read).is_ok());
        assert!(ci.require_one_for(&[Scope::Deploy, Scope::Publish], "web-shop").is_ok());
        let refused = ci.require_one_for(&[Scope::Deploy, Scope::Verify], "web-shop").expect_err("it has neither");
        assert!(refused.to_string().contains("`deploy`"), "{refused}");
    }

    #[test]
    fn a_reader_of_some_services_has_to_name_one_and_a_writer_reads_everything() {
        let reader = caller(&[Scope::Read], &["web-*"]);
        assert!(reader.may_look_at(["orders", "web-shop"].into_iter()).is_ok());
        assert!(reader.may_look_at(["orders"].into_iter()).is_err());
        assert!(reader.may_look_at(std::iter::empty()).is_err());
        assert!(caller(&[Scope::Read], &[]).may_look_at(std::iter::empty()).is_ok());
        assert!(caller(&[Scope::Read, Scope::Publish], &["web-*"]).may_look_at(["orders"].into_iter()).is_ok());
    }

    #[test]
    fn an_administrator_may_do_everything_and_a_malformed_glob_allows_nothing() {
        assert!(caller(&[Scope::Admin], &[]).require_for(Scope::Deploy, "any").is_ok());
        assert!(caller(&[Scope::Publish], &["[a"]).require_for(Scope::Publish, "[a").is_err());
        assert!(caller(&[], &[]).require(Scope::Read).is_err());
    }
}
