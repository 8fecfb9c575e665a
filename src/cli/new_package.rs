//! `counterpart bump --new-package`: the next version of a protobuf package that breaks, as files beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::bump::{PackageFile, declared_package, next_package};
use crate::cli::context::Context;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{replace_file, unwritable};
use crate::cli::project::Place;
use crate::cli::release::Move;
use crate::finding::{Bump, Problem};
use crate::policy::next_version;
use crate::source::load::{OpenContext, PathStyle, Repository, open_selection};

/// What is to be written: the package, its next version, and the files of that.
pub(crate) struct NewPackage {
    package: String,
    next: String,
    files: Vec<PackageFile>,
}

/// The next version of every stable package that the moves break.
pub(crate) fn files(place: &Place, moves: &[Move], context: &Context) -> Result<Vec<NewPackage>, Problem> {
    let packages = read_packages(place, context)?;
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    for finding in moves.iter().flat_map(|item| &item.findings).filter(|finding| finding.bump == Bump::Major) {
        for place in [&finding.location, &finding.old_location].into_iter().flatten() {
            let of_file = packages.iter().find(|(_, files)| files.iter().any(|(path, _)| *path == place.path));
            broken.extend(of_file.map(|(package, _)| package.as_str()));
        }
    }
    let mut written = Vec::new();
    for package in broken {
        let current = package.rsplit('.').next().unwrap_or_default();
        // Unstable packages may break; what has no version has no next one.
        let is_stable = current.strip_prefix('v').is_some_and(|major| major.parse::<u64>().is_ok());
        let next = next_version(current, Bump::Major, true).filter(|_| is_stable);
        if let (Some(next), Some(files)) = (next, packages.get(package)) {
            let files = next_package(files, package, &next);
            written.push(NewPackage { package: package.to_owned(), next, files });
        }
    }
    Ok(written)
}

/// The protobuf files of the working tree by package.
fn read_packages(place: &Place, context: &Context) -> Result<BTreeMap<String, Vec<PackageFile>>, Problem> {
    let open_context =
        OpenContext { paths: PathStyle::FromRepository, ..OpenContext::new(&context.cwd, &context.network) };
    let tree = open_selection(&place.root, &open_context)?;
    let paths: Vec<&str> =
        tree.entries().iter().map(|entry| entry.path.as_str()).filter(|path| path.ends_with(".proto")).collect();
    let mut packages: BTreeMap<String, Vec<PackageFile>> = BTreeMap::new();
    for (path, bytes) in paths.iter().zip(tree.read(&paths)) {
        let Ok(text) = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) else { continue };
        packages.entry(declared_package(&text)).or_default().push((tree.display_path(path), text));
    }
    Ok(packages)
}

/// Writes the files, all or none. What is there already with the same content stays; with another it is not touched.
pub(crate) fn write(
    place: &Place,
    packages: Vec<NewPackage>,
    is_dry: bool,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let root = place.repository.as_ref().map_or(place.root.as_path(), Repository::root);
    if packages.is_empty() {
        writeln!(context.stdout, "no stable package breaks, so there is no next one to write")?;
        return Ok(Exit::Clean);
    }
    for (path, text) in packages.iter().flat_map(|package| &package.files) {
        let is_other = std::fs::read_to_string(root.join(path)).is_ok_and(|there| there != *text);
        if is_other {
            return Err(Problem::new("already-there", format!("`{path}` is there already, and nothing was written"))
                .with_help("the next package exists: make the change in it")
                .into());
        }
    }
    for NewPackage { package, next, files } in &packages {
        for (path, text) in files {
            let absolute = root.join(path);
            if absolute.is_file() {
                writeln!(context.stdout, "{path} is there already")?;
                continue;
            }
            writeln!(context.stdout, "{} {path}", if is_dry { "would write" } else { "wrote" })?;
            if !is_dry {
                let folder = absolute.parent().unwrap_or(root);
                std::fs::create_dir_all(folder).map_err(|error| unwritable(&absolute, &error))?;
                replace_file(&absolute, text.as_bytes()).map_err(|error| unwritable(&absolute, &error))?;
            }
        }
        writeln!(
            context.stdout,
            "next: take the break back in {package} (`git checkout RELEASE -- FILES`), and let callers move to {next}"
        )?;
    }
    Ok(Exit::Clean)
}
