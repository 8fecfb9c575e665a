//! Loaders against real directories and repositories.

use std::fs;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use crate::source::load::{
    Network, OpenContext, PathStyle, Repository, default_branch, has_uncommitted, last_release, merge_base, open,
    open_index, open_selection,
};
use crate::source::{ContentId, LoadError, Tree};

struct Scratch {
    _folder: TempDir,
    root: Utf8PathBuf,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let root = Utf8PathBuf::from_path_buf(folder.path().canonicalize().expect("it exists")).expect("UTF-8");
        Self { _folder: folder, root }
    }

    fn repository() -> Self {
        let scratch = Self::new();
        scratch.git(&["init", "-q", "-b", "main"]);
        scratch
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, text).expect("written");
        self
    }

    fn git(&self, arguments: &[&str]) -> &Self {
        run_git(&self.root, arguments);
        self
    }

    fn commit(&self, message: &str) -> &Self {
        self.git(&["add", "-A"]).git(&["commit", "-q", "--allow-empty", "-m", message])
    }

    fn open(&self, input: &str) -> Box<dyn Tree> {
        open(input, &OpenContext::new(&self.root, &Network::default()))
            .unwrap_or_else(|problem| panic!("{input}: {problem:?}"))
    }
}

fn run_git(at: &Utf8Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(at)
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn paths(tree: &dyn Tree) -> Vec<&str> {
    tree.entries().iter().map(|entry| entry.path.as_str()).collect()
}

fn text(tree: &dyn Tree, path: &str) -> String {
    String::from_utf8(tree.read(&[path])[0].as_ref().unwrap_or_else(|error| panic!("{path}: {error}")).to_vec())
        .expect("UTF-8")
}

#[test]
fn a_directory_lists_candidates_and_respects_gitignore() {
    let scratch = Scratch::new();
    scratch.write("d/.gitignore", "gen/\n").write("d/gen/x.proto", "").write("d/a.proto", "a").write("d/.b/c.yaml", "");
    scratch.write("d/node_modules/p.json", "").write("d/read.me", "");
    let tree = scratch.open("d");
    assert_eq!(paths(&*tree), ["a.proto"]);
    assert_eq!(tree.display_path("a.proto"), "d/a.proto");
    // What is ignored is still named on purpose where somebody names it.
    assert_eq!(paths(&*scratch.open("d/gen")), ["x.proto"]);
}

#[test]
fn clean_files_of_a_working_tree_have_the_ids_of_their_blobs() {
    let scratch = Scratch::repository();
    scratch.write("api/a.proto", "a").write("api/b.proto", "b").write("c.proto", "c").commit("one");
    scratch.write("api/b.proto", "changed").write("api/new.proto", "n");
    fs::remove_file(scratch.root.join("c.proto")).expect("removed");
    let new = scratch.open(".");
    let old = scratch.open("git:HEAD");
    assert_eq!(paths(&*new), ["api/a.proto", "api/b.proto", "api/new.proto"]);
    assert_eq!(paths(&*old), ["api/a.proto", "api/b.proto", "c.proto"]);
    assert!(matches!(&new.entries()[0].id, Some(ContentId::Git(_))));
    assert_eq!(new.entries()[0].id, old.entries()[0].id);
    assert_eq!(new.entries()[1].id, None);
    assert_eq!(text(&*new, "api/b.proto"), "changed");
    assert_eq!(text(&*old, "api/b.proto"), "b");
}

#[test]
fn files_beside_a_directory_are_read_inside_the_repository_only() {
    let scratch = Scratch::repository();
    scratch.write("api/a.yaml", "a").write("common/b.yaml", "b").commit("one");
    for input in ["api", "git:HEAD:api", "api/a.yaml", "git:HEAD:api/a.yaml"] {
        let tree = scratch.open(input);
        assert_eq!(text(&*tree, "../common/b.yaml"), "b", "{input}");
        assert_eq!(tree.display_path("../common/b.yaml"), "common/b.yaml", "{input}");
        assert!(matches!(tree.read(&["../../x.yaml"])[0], Err(LoadError::Outside { .. })), "{input}");
        assert!(matches!(tree.read(&["/etc/passwd"])[0], Err(LoadError::Outside { .. })), "{input}");
        assert!(matches!(tree.read(&["none.yaml"])[0], Err(LoadError::NotFound { .. })), "{input}");
    }
}

#[test]
fn a_single_file_is_a_contract_whatever_its_name() {
    let scratch = Scratch::repository();
    scratch.write("api/contract.txt", "x").commit("one");
    for input in ["api/contract.txt", "git:HEAD:api/contract.txt"] {
        let tree = scratch.open(input);
        assert!(tree.is_single_file());
        assert_eq!(paths(&*tree), ["contract.txt"]);
        assert_eq!(tree.display_path("contract.txt"), "api/contract.txt");
    }
}

#[cfg(unix)]
#[test]
fn links_are_read_inside_the_boundary_and_never_listed_twice() {
    let scratch = Scratch::repository();
    scratch.write("shared/a.proto", "a").write("api/b.proto", "b").write("../outside.proto", "secret");
    for (target, link) in
        [("../shared/a.proto", "api/a.proto"), ("b.proto", "api/again.proto"), ("../../outside.proto", "api/out.proto")]
    {
        std::os::unix::fs::symlink(target, scratch.root.join(link)).expect("linked");
    }
    std::os::unix::fs::symlink("gone.proto", scratch.root.join("api/dangling.proto")).expect("linked");
    scratch.commit("one");
    for input in ["api", "git:HEAD:api"] {
        let tree = scratch.open(input);
        assert_eq!(paths(&*tree), ["a.proto", "b.proto"], "{input}");
        assert_eq!(text(&*tree, "a.proto"), "a", "{input}");
        assert_eq!(text(&*tree, "again.proto"), "b", "{input}");
        assert!(tree.read(&["out.proto"])[0].is_err(), "{input}");
    }
}

#[test]
fn every_kind_of_revision_is_taken() {
    let scratch = Scratch::repository();
    scratch.write("a.proto", "1").commit("one").git(&["tag", "-a", "v1.0.0", "-m", "release"]);
    scratch.write("a.proto", "2").commit("fix: two");
    for (input, expected) in [
        ("git:v1.0.0", "1"),
        ("git:HEAD~1", "1"),
        ("git:main", "2"),
        ("git::/fix: two", "2"),
        ("git:HEAD^{/one}", "1"),
        ("git:v1.0.0^{tree}", "1"),
    ] {
        assert_eq!(text(&*scratch.open(input), "a.proto"), expected, "{input}");
    }
}

#[test]
fn a_revision_without_a_path_means_the_path_of_the_other_side() {
    let scratch = Scratch::repository();
    scratch.write("x/api/a.proto", "1").write("b.proto", "").commit("one");
    let cwd = scratch.root.join("x");
    let network = Network::default();
    let context = OpenContext { other: Some("api"), ..OpenContext::new(&cwd, &network) };
    let tree = open("git:HEAD", &context).expect("opens");
    assert_eq!(paths(&*tree), ["a.proto"]);
    assert_eq!(tree.display_path("a.proto"), "x/api/a.proto");
    assert_eq!(
        paths(&*open("git:HEAD:./api", &OpenContext::new(&cwd, &Network::default())).expect("opens")),
        ["a.proto"]
    );
}

#[test]
fn what_is_not_there_is_said_with_what_is_near() {
    let scratch = Scratch::repository();
    scratch.write("services/orders/api.yaml", "x").commit("one").git(&["branch", "feature"]);
    let refused = |input: &str| {
        let problem = open(input, &OpenContext::new(&scratch.root, &Network::default())).err().expect("refused");
        (problem.code, problem.help.unwrap_or_default())
    };
    assert_eq!(refused("git:featur"), ("bad-revision".into(), "there is `git:feature`".into()));
    assert_eq!(refused("feature"), ("not-found".into(), "write a revision as `git:feature`".into()));
    assert_eq!(refused(".git#branch=main"), ("not-found".into(), "write a revision as `git:main`".into()));
    assert_eq!(refused("servces"), ("not-found".into(), "there is `services`".into()));
    let (code, help) = refused("git:main:orders/api.yaml");
    assert_eq!(code, "path-not-in-revision");
    assert!(help.starts_with("there is `git:main:services/orders/api.yaml`"), "{help}");
    let outside = Scratch::new();
    let problem = open("git:main", &OpenContext::new(&outside.root, &Network::default())).err().expect("refused");
    assert_eq!(problem.code, "not-a-repository");
}

#[test]
fn shallow_clones_and_worktrees_are_repositories_too() {
    let scratch = Scratch::repository();
    scratch.write("a.proto", "1").commit("one").write("a.proto", "2").commit("two");
    let clone = Scratch::new();
    clone.git(&["clone", "-q", "--depth=1", &format!("file://{}", scratch.root), "c"]);
    let cwd = clone.root.join("c");
    assert_eq!(text(&*open("git:HEAD", &OpenContext::new(&cwd, &Network::default())).expect("opens"), "a.proto"), "2");
    let problem = open("git:HEAD~1", &OpenContext::new(&cwd, &Network::default())).err().expect("refused");
    assert!(problem.help.expect("help").contains("git fetch --unshallow"));
    scratch.git(&["worktree", "add", "-q", "../wt", "HEAD~1"]);
    let tree = scratch.root.parent().expect("a parent").join("wt");
    assert_eq!(text(&*open("git:main", &OpenContext::new(&tree, &Network::default())).expect("opens"), "a.proto"), "2");
    assert_eq!(text(&*open(".", &OpenContext::new(&tree, &Network::default())).expect("opens"), "a.proto"), "1");
    fs::remove_dir_all(tree).expect("removed");
}

#[test]
fn submodules_are_left_alone() {
    let inner = Scratch::repository();
    inner.write("i.proto", "i").commit("one");
    let scratch = Scratch::repository();
    scratch.write("a.proto", "a").commit("one");
    scratch.git(&["submodule", "add", "-q", inner.root.as_str(), "vendor"]).commit("two");
    assert_eq!(paths(&*scratch.open(".")), ["a.proto"]);
    assert_eq!(paths(&*scratch.open("git:HEAD")), ["a.proto"]);
    assert_eq!(paths(&*scratch.open("vendor")), ["i.proto"]);
}

#[test]
fn the_index_holds_what_is_staged() {
    let scratch = Scratch::repository();
    scratch.write("a.proto", "1").commit("one").write("a.proto", "2").git(&["add", "a.proto"]).write("a.proto", "3");
    let tree = open_index(&scratch.root, &OpenContext::new(&scratch.root, &Network::default())).expect("opens");
    assert_eq!(text(&*tree, "a.proto"), "2");
}

#[test]
fn files_outside_a_sparse_checkout_are_not_deleted() {
    let scratch = Scratch::repository();
    scratch.write("in/a.proto", "a").write("out/b.proto", "b").commit("one");
    scratch.git(&["sparse-checkout", "set", "in"]);
    assert!(!scratch.root.join("out/b.proto").exists());
    let tree = scratch.open(".");
    assert_eq!(paths(&*tree), ["in/a.proto", "out/b.proto"]);
    assert_eq!(text(&*tree, "out/b.proto"), "b");
}

#[test]
fn a_selection_restricts_both_sides_alike() {
    let scratch = Scratch::repository();
    scratch.write("a/x.yaml", "x").write("b/y.yaml", "y").write("c.yaml", "c").commit("one");
    let selection = ["a".to_owned(), "c.yaml".to_owned()];
    let network = Network::default();
    let context = OpenContext {
        selection: &selection,
        paths: PathStyle::FromRepository,
        is_absence_fine: true,
        ..OpenContext::new(&scratch.root, &network)
    };
    assert_eq!(paths(&*open_selection(&scratch.root, &context).expect("opens")), ["a/x.yaml", "c.yaml"]);
    assert_eq!(paths(&*open("git:HEAD", &context).expect("opens")), ["a/x.yaml", "c.yaml"]);
}

#[test]
fn the_base_of_a_branch_is_where_it_left_the_default_branch() {
    let scratch = Scratch::repository();
    scratch.write("a.proto", "1").commit("one").git(&["checkout", "-q", "-b", "feature"]);
    scratch.write("b.proto", "1").commit("two").git(&["checkout", "-q", "main"]);
    scratch.write("c.proto", "1").commit("three").git(&["checkout", "-q", "feature"]);
    let repository = Repository::open(&scratch.root).expect("a repository");
    assert_eq!(default_branch(&repository).expect("asked"), Some("main".to_owned()));
    let base = merge_base(&repository, || Ok(false)).expect("found");
    assert_eq!(base.reason, "merge base of HEAD and main");
    assert_eq!(paths(&*scratch.open(&base.input)), ["a.proto"]);
}

#[test]
fn on_the_default_branch_the_base_is_head_or_its_parent() {
    let scratch = Scratch::repository();
    scratch.commit("one").commit("two");
    let repository = Repository::open(&scratch.root).expect("a repository");
    let changed = merge_base(&repository, || Ok(true)).expect("found");
    assert_eq!(Some(changed.commit), repository.commit("HEAD").expect("asked"));
    let clean = merge_base(&repository, || Ok(false)).expect("found");
    assert_eq!(Some(clean.commit), repository.commit("HEAD~1").expect("asked"));
    assert!(clean.reason.starts_with("the first parent of HEAD"), "{}", clean.reason);
}

#[test]
fn only_contracts_count_as_uncommitted_changes() {
    let scratch = Scratch::repository();
    scratch.write("api/a.proto", "1").write("counterpart.toml", "").commit("one");
    let repository = Repository::open(&scratch.root).expect("a repository");
    let has = |prefix: &str, staged: bool| has_uncommitted(&repository, prefix, staged).expect("asked");
    assert!(!has("", false));
    scratch.write("counterpart.toml", "# x").write("main.rs", "");
    assert!(!has("", false));
    scratch.write("api/a.proto", "2");
    assert!(has("", false) && has("api", false) && has("api/a.proto", false));
    assert!(!has("other", false) && !has("", true));
    scratch.git(&["add", "-A"]);
    assert!(has("", true) && has("api/a.proto", true));
}

#[test]
fn a_base_that_was_not_fetched_is_refused_with_the_command_that_gets_it() {
    let scratch = Scratch::repository();
    scratch.commit("one").git(&["checkout", "-q", "-b", "feature"]).commit("two");
    scratch.git(&["checkout", "-q", "main"]).commit("three");
    let clone = Scratch::new();
    clone.git(&["clone", "-q", "--depth=1", "--no-single-branch", &format!("file://{}", scratch.root), "c"]);
    let cwd = clone.root.join("c");
    run_git(&cwd, &["checkout", "-q", "feature"]);
    let repository = Repository::open(&cwd).expect("a repository");
    let problem = merge_base(&repository, || Ok(false)).expect_err("refused");
    assert_eq!(problem.code, "no-base");
    assert!(problem.help.expect("help").contains("git fetch --unshallow origin main"));
    run_git(&cwd, &["fetch", "-q", "--unshallow", "origin", "main"]);
    assert_eq!(merge_base(&repository, || Ok(false)).expect("found").reason, "merge base of HEAD and origin/main");
}

#[test]
fn a_repository_without_commits_has_no_base() {
    let scratch = Scratch::repository();
    let repository = Repository::open(&scratch.root).expect("a repository");
    assert_eq!(merge_base(&repository, || Ok(false)).expect_err("refused").code, "no-base");
}

#[test]
fn the_last_release_is_the_newest_final_version_among_the_tags() {
    let scratch = Scratch::repository();
    scratch.commit("one");
    for tag in ["v1.9.0", "v1.10.0", "v2.0.0-rc.1", "orders/v0.3.0", "nightly"] {
        scratch.git(&["tag", "-a", tag, "-m", tag]);
    }
    scratch
        .git(&["checkout", "-q", "-b", "other"])
        .commit("two")
        .git(&["tag", "v9.0.0"])
        .git(&["checkout", "-q", "main"]);
    let repository = Repository::open(&scratch.root).expect("a repository");
    let newest = |names: &[&str]| last_release(&repository, names).expect("asked").map(|release| release.tag);
    assert_eq!(newest(&[]), Some("v1.10.0".into()));
    assert_eq!(newest(&["orders"]), Some("orders/v0.3.0".into()));
    assert_eq!(newest(&["billing"]), Some("v1.10.0".into()));
}
