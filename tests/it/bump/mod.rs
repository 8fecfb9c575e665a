//! `counterpart bump` as a release script uses it.
//!
//! The expected behaviors of a version bump, and the test that holds each:
//!
//! | behavior | test |
//! |---|---|
//! | 1 measured against the last release, merged changes collapse into one bump | `files::several_changes_since_the_release_are_one_bump` |
//! | 2 break, addition, documentation, nothing | `levels::what_changed_decides_how_far`, `files::a_break_raises_the_major_and_says_what_decided` |
//! | 3 waived breaks keep their bump, unless the waiver says otherwise | `levels::a_waived_break_keeps_its_major_unless_the_waiver_says_otherwise` |
//! | 4, 5 0.y.z and 0.0.z | `levels::before_one_point_zero_bumps_are_one_smaller_and_it_is_left_only_when_told`, `levels::the_settings_say_how_versions_before_one_point_zero_count` |
//! | 6 pre-releases | `files::pre_releases_count_up_and_become_final`, unit tests of `bump::plan` |
//! | 7, 8 unchanged, lowered, too small: `check` says so | `levels::check_verifies_the_declared_version` |
//! | 9 idempotent, `--dry-run`, `--check`, `--print` | `files::an_addition_raises_the_minor_and_changes_no_other_byte` |
//! | 10 other schemes are not guessed | `files::a_calendar_version_is_not_guessed_at`, `schemes::a_named_scheme_is_followed_and_a_version_of_another_refused` |
//! | 11 calendar versions, where named | `schemes::a_calendar_version_becomes_the_day_of_the_release_and_refuses_a_break` |
//! | 12 alpha and beta packages may break | `packages::an_unstable_package_may_break` |
//! | 13 the next package beside a broken stable one | `packages::the_next_package_is_written_beside_the_broken_one` |
//! | 14 a stable package that is deleted breaks | `packages::deleting_a_stable_package_breaks` |
//! | 15 versions in OpenAPI paths and servers | `levels::versions_in_paths_are_additions_and_removals` |
//! | 16 no other byte changes | `files::an_addition_raises_the_minor_and_changes_no_other_byte`, unit tests of `bump::target` |
//! | 17 targets, lock files, workspaces | `files::lock_files_follow_their_manifest`, `files::crates_that_inherit_their_version_follow_the_workspace`, unit tests of `bump::target` |
//! | 18 linked versions, disagreement | `files::linked_files_are_written_together_and_must_agree` |
//! | 19 several services, each with its own tags | `services::*` |
//! | 20 what a contract does not reach does not raise it | `services::a_service_moves_only_with_its_own_contract` |
//! | 21 annotated tags, dirty trees, existing tags, shallow clones | `files::a_tag_is_made_for_what_is_committed_and_only_once`, `files::a_tag_that_names_another_commit_is_refused`, `files::a_shallow_clone_says_what_to_fetch` |
//! | 22 changelog | `files::the_changelog_gets_a_section_from_the_findings`, `services::services_have_changelogs_of_their_own` |
//! | 23 release pull request, by the workflow in `docs/releases.md` | `release_request::a_release_pull_request_is_kept_up_to_date_merged_and_tagged` |
//! | 24 commits raise, never lower | `files::commits_may_raise_but_not_lower` |
//! | 25 the registry holds the same line | `registry::commands` |

mod files;
mod levels;
mod packages;
mod release_request;
mod schemes;
mod services;

use std::process::Output;

use crate::scratch::Scratch;

pub const RELEASED: &str = "# Orders\nopenapi: 3.0.3\ninfo: {title: Orders, version: '1.4.0'} # the version\npaths:\n  /orders:\n    get:\n      responses:\n        \"200\": {description: ok}\n";
pub const GROWN: &str = "# Orders\nopenapi: 3.0.3\ninfo: {title: Orders, version: '1.4.0'} # the version\npaths:\n  /orders:\n    get:\n      responses:\n        \"200\": {description: ok}\n  /invoices:\n    get:\n      responses:\n        \"200\": {description: ok}\n";

/// A repository with a release `v1.4.0` and `api.yaml` changed to `now` since.
pub fn released(now: &str) -> Scratch {
    let scratch = Scratch::repository();
    scratch.write("api.yaml", RELEASED);
    scratch.commit("release");
    scratch.git(&["tag", "--annotate", "--message", "v1.4.0", "v1.4.0"]);
    scratch.write("api.yaml", now);
    scratch.commit("change");
    scratch
}

pub fn read(scratch: &Scratch, path: &str) -> String {
    scratch.read(path)
}

pub fn bump(scratch: &Scratch, arguments: &[&str]) -> Output {
    scratch.command(&[&["bump", "--today", "2026-06-01"], arguments].concat()).output().expect("it starts")
}

pub fn succeeded(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
