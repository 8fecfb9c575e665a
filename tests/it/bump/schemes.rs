//! Version schemes that the project file names.

use crate::bump::{GROWN, RELEASED, bump, read, succeeded};
use crate::scratch::Scratch;

/// A repository whose contract was released as `version`, tagged as `tag`, and has changed to `now`.
fn project(version: &str, tag: &str, scheme: &str, now: &str) -> Scratch {
    let scratch = Scratch::repository();
    scratch.write("counterpart.toml", &format!("[[contracts]]\npath = \"api.yaml\"\nversion = {{ {scheme} }}\n"));
    scratch.write("api.yaml", &RELEASED.replace("1.4.0", version)).commit("release");
    scratch.git(&["tag", tag]);
    scratch.write("api.yaml", &now.replace("1.4.0", version)).commit("change");
    scratch
}

#[test]
fn a_named_scheme_is_followed_and_a_version_of_another_refused() {
    let broken = RELEASED.replace("/orders:", "/purchases:");
    let rows = [
        ("7", "v7", "scheme = 'integer'", broken.as_str(), Some("8")),
        ("7", "v7", "scheme = 'integer'", GROWN, Some("7")),
        ("2.3", "v2.3", "scheme = 'major-minor'", GROWN, Some("2.4")),
        ("2.3", "release-2.3", "scheme = 'major-minor', tag = 'release-{version}'", broken.as_str(), Some("3.0")),
        ("2.3", "v2.3.0", "scheme = 'semver'", GROWN, None),
        ("2.3.0", "v2.3.0", "scheme = 'integer'", GROWN, None),
        ("next", "v1.0.0", "scheme = 'semver'", GROWN, None),
    ];
    for (version, tag, scheme, now, expected) in rows {
        let scratch = project(version, tag, scheme, now);
        let output = bump(&scratch, &["--print", "next"]);
        match expected {
            Some(next) => assert_eq!(succeeded(&output).trim(), next, "{version} {scheme}"),
            None => {
                let text = String::from_utf8_lossy(&output.stderr).into_owned();
                assert_eq!(output.status.code(), Some(2), "{version} {scheme}: {text}");
                assert!(text.contains(&format!("`{version}` is not one of the scheme")), "{text}");
                assert!(text.contains("api.yaml:3"), "{text}");
            }
        }
    }
}

#[test]
fn versions_that_do_not_count_are_left_alone() {
    let scratch = project("whatever", "v1.0.0", "scheme = 'none'", GROWN);
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "api.yaml"), GROWN.replace("1.4.0", "whatever"));
}

#[test]
fn a_calendar_version_becomes_the_day_of_the_release_and_refuses_a_break() {
    let scratch = project("2026-05-01", "v2026-05-01", "scheme = 'calver'", GROWN);
    assert_eq!(succeeded(&bump(&scratch, &["--print", "next"])), "2026-06-01\n");
    succeeded(&bump(&scratch, &[]));
    assert_eq!(read(&scratch, "api.yaml"), GROWN.replace("1.4.0", "2026-06-01"));
    scratch.run(&["bump", "--today", "2026-06-09"]).expect(0);
    assert_eq!(read(&scratch, "api.yaml"), GROWN.replace("1.4.0", "2026-06-01"), "twice is once, on another day too");
    scratch.commit("release");
    assert!(succeeded(&bump(&scratch, &["--tag"])).contains("tagged HEAD as v2026-06-01"));
    assert!(!succeeded(&bump(&scratch, &["--tag"])).contains("tagged"));

    let broken =
        project("2026-05-01", "v2026-05-01", "scheme = 'calver'", &RELEASED.replace("/orders:", "/purchases:"));
    let output = bump(&broken, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("beside the old one"));

    let unclear = project("2026.5.1", "v2026.5.1", "scheme = 'calver'", GROWN);
    let output = bump(&unclear, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("format = \"YYYY.MM.MICRO\""));
    let clear = project("2026.5.1", "v2026.5.1", "scheme = 'calver', format = 'YYYY.MM.MICRO'", GROWN);
    assert_eq!(succeeded(&bump(&clear, &["--print", "next"])), "2026.6.0\n");
}
