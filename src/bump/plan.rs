//! What a version becomes.

use jiff::civil::Date;

use crate::bump::calendar::{self, CalendarForm};
use crate::finding::{Bump, Problem};
use crate::policy::{Version, VersionScheme, ZeroVersions, required_for};

/// What is known about one contract's version.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The last released version: what the difference was measured against. `None` before the first release.
    pub released: Option<String>,
    /// The version that the files declare now.
    pub declared: String,
    /// What the difference to the release requires, before the rules of 0.x.
    pub required: Bump,
    /// How the project counts its versions; `None` where it does not say.
    pub scheme: Option<VersionScheme>,
    /// How versions before 1.0 are counted.
    pub zero: ZeroVersions,
    /// The form of a calendar version (`YYYY.0M.MICRO`), where the project names it.
    pub format: Option<String>,
    /// The day of the release, for calendar versions.
    pub today: Date,
}

/// Whether a pre-release is made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PreRelease {
    /// A pre-release goes on as one, a final version stays final.
    #[default]
    Keep,
    /// The next one is a pre-release with this label: `rc`, `beta`.
    Label(String),
    /// The next one is final.
    Final,
}

/// How versions are raised.
#[derive(Debug, Clone, Default)]
pub struct PlanOptions {
    /// About pre-releases.
    pub pre_release: PreRelease,
    /// Whether a 0.x version may become 1.0.0 now.
    pub graduate: bool,
}

/// What happens to one contract's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It already says enough.
    Nothing,
    /// It becomes this.
    Raise {
        /// The new version.
        next: String,
        /// The bump that this is, by the rules of the scheme.
        bump: Bump,
    },
}

/// Works out the next version.
///
/// The result is stable: planning again after writing it gives [`Plan::Nothing`] (except for `--pre`, which asks for one
/// more each time).
///
/// # Errors
/// When the version's scheme says nothing about size, or the declared version is lower than the released one.
pub fn plan(wanted: &Wanted, options: &PlanOptions) -> Result<Plan, Problem> {
    if wanted.scheme == Some(VersionScheme::Calver) {
        return plan_calendar(wanted);
    }
    let declared = parse(&wanted.declared, wanted.scheme)?;
    let released = wanted.released.as_deref().map(|text| parse(text, wanted.scheme));
    let Some(released) = released.transpose()? else {
        // Before the first release there is nothing to raise; only a pre-release can become final.
        let is_final = options.pre_release == PreRelease::Final && declared.is_pre_release();
        return Ok(if is_final { raise(declared.raised(Bump::None), Bump::None) } else { Plan::Nothing });
    };
    let required = required_for(wanted.required, wanted.released.as_deref(), false, wanted.zero);
    if options.graduate {
        return graduate(&released, &declared);
    }
    let mut target = released.raised(required);
    match declared.bump_to(&released) {
        // Lower than what was released, or of another scheme.
        Some(bump) if bump > Bump::None => {
            return Err(Problem::new(
                "version-lowered",
                format!("the declared version {declared} is lower than the released {released}"),
            )
            .with_help(format!("declare {target} or higher")));
        }
        _ => {}
    }
    // What was declared on purpose beyond what is required stays.
    let core = declared.raised(Bump::None);
    if declared.is_pre_release() && target.bump_to(&core).is_some() {
        target = core;
    } else if !declared.is_pre_release() && target.bump_to(&declared).is_some() {
        target = declared.clone();
    }
    let next = match &options.pre_release {
        PreRelease::Final => target,
        PreRelease::Label(label) => pre_release(&target, &declared, label)?,
        PreRelease::Keep if declared.is_pre_release() && target.bump_to(&declared.raised(Bump::None)).is_some() => {
            // Everything required is covered by the version that this pre-release leads to.
            return Ok(Plan::Nothing);
        }
        PreRelease::Keep if declared.is_pre_release() => {
            let label = label_of(&declared);
            pre_release(&target, &declared, &label)?
        }
        PreRelease::Keep => target,
    };
    Ok(if next == declared { Plan::Nothing } else { raise(next, required) })
}

/// Reads a version in the scheme that the project names, or in the one that the version shows.
fn parse(text: &str, scheme: Option<VersionScheme>) -> Result<Version, Problem> {
    let parsed = Version::parse(text, false);
    let Some(scheme) = scheme else {
        return parsed.ok_or_else(|| {
            Problem::new(
                "version-scheme",
                format!("the version `{text}` does not say how big a change is, so the next one cannot be worked out"),
            )
            .with_help(
                "write a semantic version (`1.4.0`), or say in counterpart.toml how it is counted: \
                 `version = { scheme = \"calver\" }` (or `none`)",
            )
        });
    };
    // What a scheme writes down is what it can raise.
    let smallest = match scheme {
        VersionScheme::Integer => Bump::Major,
        VersionScheme::MajorMinor => Bump::Minor,
        VersionScheme::Semver | VersionScheme::Calver | VersionScheme::None => Bump::Patch,
    };
    parsed.filter(|version| version.smallest_bump() == smallest).ok_or_else(|| {
        let word = scheme.word();
        Problem::new("version-scheme", format!("the version `{text}` is not one of the scheme `{word}`"))
            .with_help("correct the version, or `version.scheme` in counterpart.toml")
    })
}

fn plan_calendar(wanted: &Wanted) -> Result<Plan, Problem> {
    let form = match &wanted.format {
        Some(format) => CalendarForm::parse(format)?,
        None => CalendarForm::of(&wanted.declared).ok_or_else(|| {
            Problem::new(
                "version-scheme",
                format!("how the calendar version `{}` goes on cannot be seen from it", wanted.declared),
            )
            .with_help("name its form: `version = { scheme = \"calver\", format = \"YYYY.MM.MICRO\" }`")
        })?,
    };
    let Some(released) = &wanted.released else { return Ok(Plan::Nothing) };
    let next = calendar::next(&form, released, &wanted.declared, wanted.required, wanted.today)?;
    Ok(next.map_or(Plan::Nothing, |next| Plan::Raise { next, bump: wanted.required }))
}

fn raise(next: Version, bump: Bump) -> Plan {
    Plan::Raise { next: next.to_string(), bump }
}

fn pre_release(target: &Version, declared: &Version, label: &str) -> Result<Version, Problem> {
    target.pre_release(declared, label).ok_or_else(|| {
        Problem::new("version-scheme", format!("`{label}` cannot be the label of a pre-release of {target}"))
            .with_help("use letters, digits and `-`, and a version with three numbers")
    })
}

/// `rc` of `2.0.0-rc.1`.
fn label_of(version: &Version) -> String {
    let text = version.to_string();
    let label = text.split_once('-').map_or("rc", |(_, pre)| pre);
    label.split('.').next().unwrap_or("rc").to_owned()
}

fn graduate(released: &Version, declared: &Version) -> Result<Plan, Problem> {
    match released.numbers() {
        Some([0, ..]) if declared.numbers().is_some_and(|numbers| numbers[0] == 0) => {
            Ok(Plan::Raise { next: "1.0.0".to_owned(), bump: Bump::Major })
        }
        Some([0, ..]) => Ok(Plan::Nothing),
        _ => Err(Problem::new("version-scheme", format!("{released} has graduated already"))
            .with_help("leave `--graduate` out: it turns a 0.x version into 1.0.0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(released: &str, declared: &str, required: Bump, options: &PlanOptions) -> String {
        let wanted = Wanted {
            released: (!released.is_empty()).then(|| released.to_owned()),
            declared: declared.to_owned(),
            required,
            scheme: None,
            zero: ZeroVersions::Cargo,
            format: None,
            today: jiff::civil::date(2026, 6, 1),
        };
        match plan(&wanted, options) {
            Ok(Plan::Nothing) => "nothing".to_owned(),
            Ok(Plan::Raise { next, .. }) => next,
            Err(problem) => problem.code,
        }
    }

    #[test]
    fn versions_follow_what_is_required_since_the_release() {
        let options = PlanOptions::default();
        let rows = [
            ("1.4.0", "1.4.0", Bump::Major, "2.0.0"),
            ("1.4.0", "1.4.0", Bump::Minor, "1.5.0"),
            ("1.4.0", "1.4.0", Bump::None, "nothing"),
            ("1.4.0", "1.5.0", Bump::Minor, "nothing"),
            ("1.4.0", "1.4.1", Bump::Minor, "1.5.0"),
            ("1.4.0", "2.0.0", Bump::Minor, "nothing"),
            ("1.4.0", "1.3.0", Bump::Minor, "version-lowered"),
            ("0.3.1", "0.3.1", Bump::Major, "0.4.0"),
            ("0.3.1", "0.3.1", Bump::Minor, "0.3.2"),
            ("0.0.3", "0.0.3", Bump::Major, "0.0.4"),
            ("v1.4.0", "v1.4.0", Bump::Minor, "v1.5.0"),
            ("", "1.0.0", Bump::None, "nothing"),
            ("2026-05-01", "2026-05-01", Bump::Minor, "version-scheme"),
        ];
        for (released, declared, required, expected) in rows {
            let found = planned(released, declared, required, &options);
            assert_eq!(found, expected, "{released} declared {declared} requires {required:?}");
            if expected != "nothing" && !expected.starts_with("version-") {
                assert_eq!(planned(released, &found, required, &options), "nothing", "planning {found} again");
            }
        }
    }

    #[test]
    fn pre_releases_are_counted_from_the_last_final_version() {
        let rc = PlanOptions { pre_release: PreRelease::Label("rc".into()), graduate: false };
        let last = PlanOptions { pre_release: PreRelease::Final, graduate: false };
        let keep = PlanOptions::default();
        assert_eq!(planned("1.4.0", "1.4.0", Bump::Major, &rc), "2.0.0-rc.1");
        assert_eq!(planned("1.4.0", "2.0.0-rc.1", Bump::Major, &rc), "2.0.0-rc.2");
        assert_eq!(planned("1.4.0", "2.0.0-rc.1", Bump::Major, &keep), "nothing");
        assert_eq!(planned("1.4.0", "1.5.0-rc.3", Bump::Major, &keep), "2.0.0-rc.1");
        assert_eq!(planned("1.4.0", "2.0.0-rc.2", Bump::Major, &last), "2.0.0");
        assert_eq!(planned("1.4.0", "2.0.0-rc.2", Bump::Minor, &last), "2.0.0");
    }

    #[test]
    fn zero_x_becomes_one_only_when_told() {
        let graduate = PlanOptions { pre_release: PreRelease::Keep, graduate: true };
        assert_eq!(planned("0.9.2", "0.9.2", Bump::Minor, &graduate), "1.0.0");
        assert_eq!(planned("0.9.2", "1.0.0", Bump::Minor, &graduate), "nothing");
        assert_eq!(planned("1.2.0", "1.2.0", Bump::Minor, &graduate), "version-scheme");
    }
}
