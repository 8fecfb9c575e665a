//! How far a version moves, and what `check` says of the declared one.

use crate::bump::{GROWN, RELEASED, bump, released, succeeded};
use crate::scratch::Scratch;

/// The next version after the released one changed to `now`.
fn next(now: &str) -> String {
    succeeded(&bump(&released(now), &["--print", "next"])).trim().to_owned()
}

#[test]
fn what_changed_decides_how_far() {
    assert_eq!(next(&RELEASED.replace("/orders:", "/purchases:")), "2.0.0", "a break");
    assert_eq!(next(GROWN), "1.5.0", "an addition");
    assert_eq!(next(&RELEASED.replace("description: ok", "description: all right")), "1.4.1", "documentation");
    assert_eq!(next(&RELEASED.replace("# Orders", "# The orders\n")), "1.4.0", "comments and blank lines");
}

#[test]
fn a_waived_break_keeps_its_major_unless_the_waiver_says_otherwise() {
    let scratch = released(&RELEASED.replace("/orders:", "/purchases:"));
    let waiver = |bump: &str| {
        format!("[[waivers]]\nrule = \"openapi/*\"\nreason = \"nobody calls it\"\nuntil = \"2027-01-01\"\n{bump}")
    };
    let rules: Vec<String> = scratch
        .run(&["check", "--against", "git:v1.4.0", "--format", "json", "--today", "2026-06-01"])
        .expect(1)
        .rules()
        .iter()
        .filter_map(|rule| rule.strip_prefix("error ").map(str::to_owned))
        .collect();
    let all = |bump: &str| -> String { rules.iter().map(|rule| waiver(bump).replace("openapi/*", rule)).collect() };
    scratch.write("counterpart.toml", &all(""));
    scratch.run(&["check", "--against", "git:v1.4.0", "--today", "2026-06-01"]).expect(0);
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "2.0.0\n");
    scratch.write("counterpart.toml", &all("bump = true\n"));
    assert_ne!(succeeded(&bump(&scratch, &["--print", "next"])), "2.0.0\n");
}

#[test]
fn before_one_point_zero_bumps_are_one_smaller_and_it_is_left_only_when_told() {
    let of = |version: &str, now: &str, more: &[&str]| {
        let scratch = released(&now.replace("1.4.0", version));
        scratch.git(&["checkout", "-q", "v1.4.0"]).write("api.yaml", &RELEASED.replace("1.4.0", version));
        scratch.git(&["tag", "-d", "v1.4.0"]).commit("before").git(&["tag", &format!("v{version}")]);
        scratch.write("api.yaml", &now.replace("1.4.0", version));
        scratch.commit("now");
        succeeded(&bump(&scratch, &[&["--print", "next"], more].concat())).trim().to_owned()
    };
    let broken = RELEASED.replace("/orders:", "/purchases:");
    assert_eq!(of("0.3.1", &broken, &[]), "0.4.0");
    assert_eq!(of("0.3.1", GROWN, &[]), "0.3.2");
    assert_eq!(of("0.0.3", &broken, &[]), "0.0.4");
    assert_eq!(of("0.3.1", GROWN, &["--graduate"]), "1.0.0");
}

#[test]
fn the_settings_say_how_versions_before_one_point_zero_count() {
    let next = |zero: &str, now: &str| {
        let scratch = Scratch::repository();
        scratch.write("counterpart.toml", &format!("[policy]\nzero-versions = \"{zero}\"\n"));
        scratch.write("api.yaml", &RELEASED.replace("1.4.0", "0.3.1")).commit("release").git(&["tag", "v0.3.1"]);
        scratch.write("api.yaml", &now.replace("1.4.0", "0.3.1")).commit("now");
        succeeded(&bump(&scratch, &["--print", "next"])).trim().to_owned()
    };
    let broken = RELEASED.replace("/orders:", "/purchases:");
    let rows = [("cargo", "0.4.0", "0.3.2"), ("strict", "1.0.0", "0.4.0"), ("free", "0.3.2", "0.3.2")];
    for (zero, after_a_break, after_an_addition) in rows {
        assert_eq!(next(zero, &broken), after_a_break, "{zero}");
        assert_eq!(next(zero, GROWN), after_an_addition, "{zero}");
    }
}

#[test]
fn check_verifies_the_declared_version() {
    let rules = |version: &str, now: &str| {
        let scratch = released(&now.replace("1.4.0", version));
        let run = scratch.run(&["check", "--against", "git:v1.4.0", "--format", "json", "--today", "2026-06-01"]);
        let rules = run.rules();
        rules.into_iter().filter(|rule| rule.contains("version/")).collect::<Vec<_>>()
    };
    assert_eq!(rules("1.4.0", GROWN), ["note version/unchanged"]);
    assert_eq!(rules("1.4.1", GROWN), ["error version/too-small"]);
    assert_eq!(rules("1.3.0", GROWN), ["error version/lowered"]);
    assert_eq!(rules("2.0.0", GROWN), ["note version/too-large"]);
    assert!(rules("1.5.0", GROWN).is_empty());
}

#[test]
fn versions_in_paths_are_additions_and_removals() {
    let both = RELEASED.replace("  /orders:", "  /v1/orders:");
    let scratch = released(RELEASED);
    scratch.write("api.yaml", &both).commit("with a version").git(&["tag", "v3.0.0"]);
    let with = both.replace("1.4.0", "3.0.0");
    scratch.write("api.yaml", &with).commit("release").git(&["tag", "-f", "v3.0.0"]);
    let block = "/v1/orders:\n    get:\n      responses:\n        \"200\": {description: ok}\n";
    scratch.write("api.yaml", &with.replace(block, &format!("{block}  {}", block.replace("/v1/", "/v2/"))));
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "3.1.0\n", "a v2 beside v1");
    scratch.write("api.yaml", &with.replace("/v1/orders", "/v2/orders").replace("get:", "put:"));
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "4.0.0\n", "v2 instead of v1");
    let servers = with.replace("paths:", "servers: [{url: 'https://a.example.org/v2'}]\npaths:");
    scratch.write("api.yaml", &with.replace("paths:", "servers: [{url: 'https://a.example.org/v1'}]\npaths:"));
    scratch.commit("a server").git(&["tag", "-f", "v3.0.0"]).write("api.yaml", &servers);
    let text = succeeded(&bump(&scratch, &["--dry-run"]));
    assert!(text.contains("openapi/server-"), "{text}");
}
