//! A team's first week in a scratch repository: a break in a pull request, the comment, the fix, the bump, the tag, the
//! changelog. Everything twice changes nothing.

use crate::action::{Api, pull_request, run_action};
use crate::scratch::{OPENAPI, Scratch};

#[test]
fn from_a_break_in_a_pull_request_to_the_next_release() {
    let scratch = Scratch::repository();
    scratch.write("api/orders.yaml", OPENAPI).write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n");
    scratch.run(&["init", "--github"]).expect(0);
    scratch.commit("Check contracts").git(&["tag", "-a", "-m", "v1.4.0", "v1.4.0"]);
    let base = scratch.git_says(&["rev-parse", "HEAD"]);

    // The pull request: a property goes, and an operation comes.
    scratch.git(&["checkout", "-q", "-b", "change"]);
    scratch.edit("api/orders.yaml", "        email: { type: string }\n", "");
    scratch.edit(
        "api/orders.yaml",
        "components:\n",
        "  /invoices:\n    get:\n      responses: { \"200\": { description: all } }\ncomponents:\n",
    );
    let head = scratch.commit_id("Drop email, add invoices");
    let api = Api::start(true);
    let act = |head: &str| {
        let event = pull_request(&base, head, "acme/shop");
        run_action(&scratch.root, &scratch, &[], ("pull_request", "refs/pull/7/merge", &event), &api.address)
    };
    for _ in 0..2 {
        let run = act(&head);
        assert_eq!((run.exit, run.outputs["required-bump"].as_str()), (1, "major"), "{}", run.log);
        assert_eq!(run.outputs["next-version"], "2.0.0");
        assert_eq!(api.bodies().len(), 1, "one comment, however often it runs");
        assert!(
            api.bodies()[0].contains("1 breaking contract change") && api.bodies()[0].contains("`email`"),
            "{}",
            api.bodies()[0]
        );
    }

    // The fix: the property stays, deprecated.
    scratch.edit(
        "api/orders.yaml",
        "        id: { type: string }\n",
        "        id: { type: string }\n        email: { type: string, deprecated: true }\n",
    );
    let head = scratch.commit_id("Keep email, deprecated");
    for _ in 0..2 {
        let run = act(&head);
        assert_eq!((run.exit, run.outputs["result"].as_str()), (0, "ok"), "{}", run.log);
        assert_eq!(run.outputs["next-version"], "1.5.0");
        assert_eq!(api.bodies().len(), 1);
        assert!(api.bodies()[0].contains("✅ Compatible contract changes"), "{}", api.bodies()[0]);
    }
    scratch.git(&["checkout", "-q", "main"]).git(&["merge", "-q", "--no-edit", "change"]);

    // The release.
    let bump = ["bump", "--changelog", "--today", "2026-06-01"];
    scratch.run(&bump).expect(0);
    let written = (scratch.read("api/orders.yaml"), scratch.read("CHANGELOG.md"));
    assert!(written.0.contains("version: 1.5.0"), "{}", written.0);
    assert!(
        written.1.contains("## [1.5.0] - 2026-06-01")
            && written.1.contains("### Added")
            && written.1.contains("/invoices"),
        "{}",
        written.1
    );
    assert!(written.1.contains("### Deprecated") && !written.1.contains("Breaking"), "{}", written.1);
    scratch.run(&bump).expect(0);
    assert_eq!(written, (scratch.read("api/orders.yaml"), scratch.read("CHANGELOG.md")), "twice is once");
    scratch.run(&["check"]).expect(0);
    scratch.commit("Release 1.5.0");
    for _ in 0..2 {
        scratch.run(&["bump", "--tag"]).expect(0);
        assert_eq!(scratch.git_says(&["tag", "--points-at", "HEAD"]), "v1.5.0");
    }
    assert_eq!(scratch.git_says(&["status", "--porcelain"]), "");
    scratch.run(&["check"]).expect(0);
    assert_eq!(scratch.run(&["bump", "--print", "next"]).expect(0).stdout, "1.5.0\n");
}
