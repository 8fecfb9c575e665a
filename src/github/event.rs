//! What happened, as the runner tells it in `GITHUB_EVENT_PATH`.

use serde_json::Value;

use crate::finding::Problem;

/// The event of a workflow run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// The pull request's number, where there is one.
    pub pull_request: Option<u64>,
    /// Whether the change comes from a fork, whose token can only read.
    pub is_fork: bool,
}

/// What happened, with what it says about the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A pull request: the tip of its base branch and its own tip.
    PullRequest {
        /// `pull_request.base.sha`.
        base: String,
        /// `pull_request.head.sha`.
        head: String,
        /// `pull_request.base.ref`.
        base_branch: String,
    },
    /// A merge queue: what the group is built on.
    MergeGroup {
        /// `merge_group.base_sha`.
        base: String,
    },
    /// A push to a branch.
    Push {
        /// What the branch pointed to; `None` when it is new.
        before: Option<String>,
    },
    /// A tag was pushed or a release published.
    Tag,
    /// Anything else (schedule, manual).
    Other,
}

impl Event {
    /// Reads an event.
    ///
    /// # Errors
    /// When a field that decides the base is missing: a gate must not guess what it compares with.
    pub fn parse(name: &str, reference: &str, payload: &Value) -> Result<Self, Problem> {
        let pull_request = payload.get("pull_request");
        let kind = match name {
            "pull_request" | "pull_request_target" | "pull_request_review" => EventKind::PullRequest {
                base: text(payload, &["pull_request", "base", "sha"], name)?,
                head: text(payload, &["pull_request", "head", "sha"], name)?,
                base_branch: text(payload, &["pull_request", "base", "ref"], name)?,
            },
            "merge_group" => EventKind::MergeGroup { base: text(payload, &["merge_group", "base_sha"], name)? },
            "push" if reference.starts_with("refs/tags/") => EventKind::Tag,
            "push" => {
                let before = text(payload, &["before"], name)?;
                // A new branch has nothing before it: forty zeros.
                EventKind::Push { before: before.bytes().any(|byte| byte != b'0').then_some(before) }
            }
            "release" => EventKind::Tag,
            _ => EventKind::Other,
        };
        let repository =
            |side: &str| payload.pointer(&format!("/pull_request/{side}/repo/full_name")).and_then(Value::as_str);
        // A fork that was deleted has no repository any more.
        let is_fork = pull_request.is_some() && repository("head") != repository("base");
        let number = pull_request.and_then(|request| request.get("number")).and_then(Value::as_u64);
        Ok(Self { kind, pull_request: number, is_fork })
    }
}

fn text(payload: &Value, path: &[&str], event: &str) -> Result<String, Problem> {
    let found = path.iter().try_fold(payload, |value, key| value.get(key)).and_then(Value::as_str);
    found.filter(|text| !text.is_empty()).map(str::to_owned).ok_or_else(|| {
        Problem::new("bad-event", format!("the `{event}` event has no `{}`, so the base is not known", path.join(".")))
            .with_help("set the input `base` to the revision to compare with")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_event_names_its_base() {
        let request = json!({"pull_request": {"number": 7,
            "base": {"sha": "b", "ref": "main", "repo": {"full_name": "acme/shop"}},
            "head": {"sha": "h", "repo": {"full_name": "acme/shop"}}}});
        let event = Event::parse("pull_request", "refs/pull/7/merge", &request).expect("it parses");
        let kind = EventKind::PullRequest { base: "b".into(), head: "h".into(), base_branch: "main".into() };
        assert_eq!(event, Event { kind, pull_request: Some(7), is_fork: false });

        let zeros = json!({"before": "0".repeat(40)});
        let pushed = |payload: &Value| Event::parse("push", "refs/heads/x", payload).expect("it parses").kind;
        assert_eq!(pushed(&zeros), EventKind::Push { before: None });
        assert_eq!(pushed(&json!({"before": "abc"})), EventKind::Push { before: Some("abc".into()) });
        assert_eq!(Event::parse("push", "refs/tags/v1", &zeros).expect("it parses").kind, EventKind::Tag);
    }

    #[test]
    fn a_change_from_another_or_a_deleted_repository_is_a_fork() {
        let request = json!({"pull_request": {"number": 7,
            "base": {"sha": "b", "ref": "main", "repo": {"full_name": "acme/shop"}},
            "head": {"sha": "h", "repo": null}}});
        assert!(Event::parse("pull_request", "", &request).expect("it parses").is_fork);
    }

    #[test]
    fn an_event_without_its_base_is_refused() {
        let problem = Event::parse("merge_group", "", &json!({})).expect_err("there is no base");
        assert!(problem.message.contains("merge_group.base_sha"), "{}", problem.message);
    }
}
