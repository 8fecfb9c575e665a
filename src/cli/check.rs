//! `counterpart check`: the gate.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap_complete::engine::ArgValueCompleter;

use crate::check::{self, BaseTree, Purpose, ReleasedTree, Request};
use crate::cli::compare::{Applied, CompareArguments};
use crate::cli::completions;
use crate::cli::context::Context;
use crate::cli::deprecations;
use crate::cli::exit::{Exit, Failure};
use crate::cli::fix;
use crate::cli::generate::Generator;
use crate::cli::impact;
use crate::cli::output;
use crate::cli::owners;
use crate::cli::progress::Progress;
use crate::cli::project::Place;
use crate::cli::registry_input::open_input;
use crate::cli::releases::{LastRelease, Releases};
use crate::cli::watch;
use crate::config::{FailOn, Overrides, Settings};
use crate::finding::{Problem, Report};
use crate::formats;
use crate::source::Tree;
use crate::source::load::{
    Exclusion, OpenContext, Overlay, PathStyle, Repository, has_uncommitted, merge_base, open, open_index,
    open_selection, releases, shown_input,
};

/// Arguments of `check`.
#[derive(Debug, Args)]
#[group(skip)]
#[command(after_help = "Without --against, the base is the merge base of HEAD and the default branch.\n\
                        Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 something could not be checked.")]
pub struct Arguments {
    /// Files and directories to check (default: the whole project).
    #[arg(value_name = "PATH", add = ArgValueCompleter::new(completions::contracts))]
    paths: Vec<Utf8PathBuf>,

    /// Compare with INPUT; may be given several times.
    #[arg(long, value_name = "INPUT", env = "COUNTERPART_AGAINST", hide_env_values = true)]
    against: Vec<String>,

    /// The last released version, for the version bump (default: the newest version tag).
    #[arg(long, value_name = "INPUT", env = "COUNTERPART_RELEASED", hide_env_values = true)]
    released: Option<String>,

    /// Fail from this severity on: error, warning, note, never.
    #[arg(long, value_name = "LEVEL", env = "COUNTERPART_FAIL_ON", hide_env_values = true, hide_possible_values = true,
          value_parser = fail_on_parser())]
    fail_on: Option<FailOn>,

    /// Check what is staged instead of the working tree.
    #[arg(long)]
    staged: bool,

    /// Check again whenever a file changes, until interrupted.
    #[arg(long, conflicts_with = "staged")]
    watch: bool,

    /// Insert the reservations that removed protobuf fields and enum values need, then check again.
    #[arg(long, conflicts_with_all = ["staged", "watch"])]
    fix: bool,

    /// Go on when the old version cannot be read, so that a repair can be merged.
    #[arg(long)]
    allow_broken_base: bool,

    #[command(flatten)]
    compare: CompareArguments,

    /// The base and the reason for it, where a caller worked it out.
    #[arg(skip)]
    pub(crate) chosen_base: Option<(String, String)>,

    /// Whether the base is the last release too.
    #[arg(skip)]
    is_base_released: bool,
}

fn fail_on_parser() -> impl TypedValueParser<Value = FailOn> {
    PossibleValuesParser::new(FailOn::ALL.map(|(name, _)| name)).map(|name| name.parse().unwrap_or_default())
}

impl Arguments {
    /// Arguments for comparing `paths` with the last release and nothing else, on behalf of another command.
    pub(crate) fn with_release(paths: Vec<Utf8PathBuf>, base: (String, String), compare: CompareArguments) -> Self {
        Self {
            paths,
            against: Vec::new(),
            released: None,
            fail_on: None,
            staged: false,
            watch: false,
            fix: false,
            allow_broken_base: false,
            compare,
            chosen_base: Some(base),
            is_base_released: true,
        }
    }
}

impl Arguments {
    /// The day that counts: `--today`, or today.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        Context::today(self.compare.today)
    }
}

pub(crate) fn run(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    if arguments.watch {
        let root = Place::find(context)?.root;
        let outputs = arguments.compare.output.output.iter();
        let written: Vec<Utf8PathBuf> = outputs.map(|file| context.cwd.join(file.path())).collect();
        return watch::run(&root, &written, context, |context| run_once(arguments, context));
    }
    run_once(arguments, context)
}

/// Inserts what can be inserted, and compares again.
fn fixed(arguments: &Arguments, context: &mut Context) -> Result<(Report, FailOn), Failure> {
    let compared = compare(arguments, context)?;
    let place = Place::find(context)?;
    let repository = place.repository.as_ref().map(Repository::root);
    let roots: Vec<&Utf8Path> = repository.into_iter().chain([place.root.as_path(), context.cwd.as_path()]).collect();
    let changed = fix::apply(&compared.0.findings, &roots)?;
    if changed.is_empty() {
        return Ok(compared);
    }
    for path in &changed {
        context.remark(&format!("inserted reservations in {path}"));
    }
    compare(arguments, context)
}

fn run_once(arguments: &Arguments, context: &mut Context) -> Result<Exit, Failure> {
    let compared = if arguments.fix { fixed(arguments, context) } else { compare(arguments, context) };
    let (report, fail_on) = match compared {
        Ok(compared) => compared,
        Err(Failure::Refused(refusal)) => {
            output::write_refusal(&refusal, &arguments.compare.output, context);
            return Err(Failure::Refused(refusal));
        }
        Err(failure) => return Err(failure),
    };
    output::write(&report, &arguments.compare.output, context)?;
    let fails = report.findings.iter().any(|finding| finding.suppressed.is_none() && fail_on.fails(finding.severity));
    Ok(if fails { Exit::Findings } else { Exit::Clean })
}

/// Compares and reports, without writing anything.
pub(crate) fn compare(arguments: &Arguments, context: &mut Context) -> Result<(Report, FailOn), Failure> {
    let place = Place::find(context)?;
    let overrides = Overrides { mode: arguments.compare.mode, fail_on: arguments.fail_on };
    let mut settings = place.settings(&overrides, arguments.today());
    if context.verbose {
        for row in settings.rows(place.project.as_ref(), &overrides) {
            context.remark(&format!("{} = {} ({})", row.key, row.value, row.from));
        }
    }
    let exclusion = Exclusion::new(&settings.exclude, &place.shown_root());
    let applied = Applied::new(context, &arguments.compare, &mut settings, Some(exclusion))?;
    let scope = Scope::new(arguments, &place, context)?;
    let generator = Generator::new(&place, scope.top(context), arguments.allow_broken_base);
    let new = applied.apply(generator.new_side(scope.open_new(arguments.staged, context)?, arguments.staged)?);
    let open_old = |input: &str| {
        let tree = generator.old_side(scope.open_old(input, context)?, input)?;
        Ok::<_, Problem>(applied.apply(tree))
    };

    let mut bases: Vec<(Overlay, String, String)> = Vec::new();
    for (input, reason) in chosen_bases(arguments, &settings, &scope, &place, context)? {
        bases.push((open_old(&input)?, input, reason));
    }
    if settings.policy.mode.is_transitive() && arguments.chosen_base.is_none() {
        for (input, reason) in earlier_releases(&place, &bases)? {
            bases.push((open_old(&input)?, input, reason));
        }
    }
    let releases = chosen_releases(arguments, &place)?;
    let mut released: Vec<(usize, (Overlay, String, String))> = Vec::new();
    for (index, release) in releases.list().iter().enumerate() {
        if !is_base(release, &bases, &place)? {
            released.push((index, (open_old(&release.input)?, release.input.clone(), release.reason.clone())));
        }
    }
    for remark in generator.remarks() {
        context.remark(&remark);
    }
    for (_, input, reason) in &bases {
        context.remark(&format!("comparing with {} ({reason})", shown_input(input)));
    }
    for (_, (_, input, reason)) in &released {
        context.remark(&format!("last released version: {} ({reason})", shown_input(input)));
    }
    let total = new.entries().len() + bases.iter().map(|(tree, ..)| tree.entries().len()).sum::<usize>();
    let formats = formats::all();
    let request = Request {
        new: &new,
        bases: bases.iter().map(as_base).collect(),
        released: released
            .iter()
            .map(|(index, release)| ReleasedTree {
                base: as_base(release),
                covers: Box::new(|contract| releases.of(contract, &place) == Some(*index)),
            })
            .collect(),
        formats: &formats,
        options: &settings.options,
        policy: &settings.policy,
        purpose: Purpose::Gate,
        allow_broken_base: arguments.allow_broken_base,
    };
    let progress = Progress::start(context, &applied.reads, total);
    let outcome = check::run(&request);
    drop(progress);
    let mut report = outcome?;
    owners::add(&mut report, &place);
    impact::add(&mut report, &place, context);
    report.may_be_removed = deprecations::due(&new, &report.findings, &settings);
    Ok((report, settings.fail_on))
}

fn as_base((tree, input, reason): &(Overlay, String, String)) -> BaseTree<'_> {
    BaseTree { tree, input: shown_input(input), reason: reason.clone() }
}

/// What is checked: one path as a tree of its own, or several (or all) below one root.
struct Scope {
    root: Utf8PathBuf,
    /// The only path, if there is exactly one.
    single: Option<Utf8PathBuf>,
    /// Paths below the root; empty for all.
    selection: Vec<String>,
}

impl Scope {
    fn new(arguments: &Arguments, place: &Place, context: &Context) -> Result<Self, Problem> {
        match arguments.paths.as_slice() {
            [] => Ok(Self { root: place.root.clone(), single: None, selection: Vec::new() }),
            [only] => Ok(Self { root: place.root.clone(), single: Some(only.clone()), selection: Vec::new() }),
            several => {
                let root = place.repository.as_ref().map_or(place.root.as_path(), |found| found.root()).to_owned();
                let mut selection = Vec::with_capacity(several.len());
                for path in several {
                    selection.push(inside(&root, &context.cwd, path)?);
                }
                Ok(Self { root, single: None, selection })
            }
        }
    }

    /// The folder that the trees' paths start in, absolute.
    fn top(&self, context: &Context) -> Utf8PathBuf {
        let top = self.single.as_ref().map_or_else(|| self.root.clone(), |path| context.cwd.join(path));
        let folder = if top.is_file() { top.parent().map_or(top.clone(), Utf8Path::to_owned) } else { top };
        folder.canonicalize_utf8().unwrap_or(folder)
    }

    /// What other inputs take their path from.
    fn typed(&self) -> &str {
        self.single.as_ref().unwrap_or(&self.root).as_str()
    }

    fn open_context<'a>(&'a self, context: &'a Context) -> OpenContext<'a> {
        OpenContext {
            paths: PathStyle::FromRepository,
            other: Some(self.typed()),
            selection: &self.selection,
            is_absence_fine: true,
            ..OpenContext::new(&context.cwd, &context.network)
        }
    }

    fn open_new(&self, staged: bool, context: &Context) -> Result<Box<dyn Tree>, Problem> {
        let open_context = self.open_context(context);
        match (&self.single, staged) {
            (Some(path), false) => open(path.as_str(), &open_context),
            (None, false) => open_selection(&self.root, &open_context),
            (single, true) => {
                let path = single.as_ref().map_or_else(|| self.root.clone(), |path| context.cwd.join(path));
                open_index(&path, &open_context)
            }
        }
    }

    fn open_old(&self, input: &str, context: &Context) -> Result<Box<dyn Tree>, Problem> {
        open_input(input, &self.open_context(context), context)
    }
}

fn inside(root: &Utf8Path, cwd: &Utf8Path, path: &Utf8Path) -> Result<String, Problem> {
    let absolute = cwd.join(path);
    let resolved = absolute.canonicalize_utf8().map_err(|_| {
        Problem::new("not-found", format!("`{path}` does not exist"))
            .with_help("check without a path to see what was deleted")
    })?;
    let root = root.canonicalize_utf8().unwrap_or_else(|_| root.to_owned());
    match resolved.strip_prefix(&root) {
        Ok(inside) => Ok(inside.as_str().replace('\\', "/")),
        Err(_) => Err(Problem::new("bad-input", format!("`{path}` is outside of `{root}`"))
            .with_help("check paths of different repositories in separate runs")),
    }
}

/// The bases, each with the reason why it is taken.
fn chosen_bases(
    arguments: &Arguments,
    settings: &Settings,
    scope: &Scope,
    place: &Place,
    context: &Context,
) -> Result<Vec<(String, String)>, Problem> {
    if let Some(chosen) = &arguments.chosen_base {
        return Ok(vec![chosen.clone()]);
    }
    if !arguments.against.is_empty() {
        return Ok(arguments.against.iter().map(|input| (input.clone(), "given by --against".to_owned())).collect());
    }
    if let Some(base) = &settings.base {
        let shown = place.project.as_ref().map_or("the project file", |project| project.shown.as_str());
        return Ok(vec![(base.clone(), format!("`base` in {shown}"))]);
    }
    let repository = place.repository(&context.cwd)?;
    let path = scope.single.as_ref().map_or_else(|| scope.root.clone(), |path| context.cwd.join(path));
    let prefix = repository.path_inside(&path).unwrap_or_default();
    let choice = merge_base(repository, || has_uncommitted(repository, &prefix, arguments.staged))?;
    Ok(vec![(choice.input, choice.reason)])
}

/// Every released version that is not a base already, the newest first: what the `-transitive` modes compare with, so
/// that a number freed long ago is not taken again.
fn earlier_releases(place: &Place, bases: &[(Overlay, String, String)]) -> Result<Vec<(String, String)>, Problem> {
    let Some(repository) = &place.repository else { return Ok(Vec::new()) };
    let mut known = Vec::new();
    for revision in bases.iter().filter_map(|(_, input, _)| input.strip_prefix("git:")) {
        known.extend(repository.commit(revision)?);
    }
    let mut inputs = Vec::new();
    for release in releases(repository, &services(place))?.into_iter().rev() {
        if repository.commit(&release.tag)?.is_some_and(|commit| !known.contains(&commit)) {
            inputs.push((format!("git:{}", release.tag), "released version; the mode is transitive".to_owned()));
        }
    }
    Ok(inputs)
}

/// The services whose tags count as releases.
fn services(place: &Place) -> Vec<&str> {
    let contracts = place.project.iter().flat_map(|project| &project.file.contracts);
    contracts.filter_map(|contract| contract.service.as_deref()).collect()
}

/// The last releases of the contracts.
fn chosen_releases(arguments: &Arguments, place: &Place) -> Result<Releases, Problem> {
    match (&arguments.released, &place.repository) {
        _ if arguments.is_base_released => Ok(Releases::none()),
        (Some(input), _) => Ok(Releases::given(input, "given by --released", place)),
        (None, Some(repository)) => Releases::find(repository, place),
        (None, None) => Ok(Releases::none()),
    }
}

/// Whether a release is what the gate compares with anyway.
fn is_base(release: &LastRelease, bases: &[(Overlay, String, String)], place: &Place) -> Result<bool, Problem> {
    let (Some(repository), Some(tag), [(_, input, _)]) = (&place.repository, &release.tag, bases) else {
        return Ok(false);
    };
    let Some(revision) = input.strip_prefix("git:") else { return Ok(false) };
    Ok(repository.commit(revision)? == repository.commit(tag)?)
}
