//! `.tar`, `.tar.gz`, `.tgz` and `.zip`, unpacked in memory.
//!
//! Nothing is written to the disk, so a path that climbs out cannot do harm; it is still refused, because an archive
//! that contains one is not what somebody meant to compare. Bombs meet limits on single files, on the whole and on
//! the number of files.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use crate::finding::Problem;
use crate::source::load::candidate::{has_contract_extension, is_candidate};
use crate::source::load::failure::{MAX_FILE_BYTES, words};
use crate::source::load::memory::MemoryTree;
use crate::source::load::place;

/// All files of an archive together.
const MAX_TOTAL_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// Entries of an archive, folders too.
const MAX_ENTRIES: usize = 1_000_000;
/// How often a link may lead to a link.
const MAX_LINK_STEPS: usize = 8;

/// How an archive is packed, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Tar,
    TarGz,
    Zip,
}

impl Packing {
    /// The packing that a file name stands for, if it is an archive's.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let ends = |end: &str| name.ends_with(end) && name.len() > end.len();
        if ends(".tar.gz") || ends(".tgz") {
            Some(Self::TarGz)
        } else if ends(".tar") {
            Some(Self::Tar)
        } else if ends(".zip") {
            Some(Self::Zip)
        } else {
            None
        }
    }
}

/// Unpacks an archive that was read completely.
///
/// A single top-level folder named like a release (`orders-1.4.0/`, as hosts of repositories pack them) is not part of
/// the paths inside, so that two releases pair by relative path; it is part of what is shown.
pub(crate) fn open(label: &str, packing: Packing, bytes: &[u8]) -> Result<MemoryTree, Problem> {
    let mut content = Content::default();
    let unpacked = match packing {
        Packing::Tar => content.unpack_tar(bytes),
        Packing::TarGz => content.unpack_tar(flate2::read::MultiGzDecoder::new(bytes)),
        Packing::Zip => content.unpack_zip(bytes),
    };
    unpacked.map_err(|failure| failure.into_problem(label))?;
    content.follow_links();
    let mut files = content.files;
    let mut shown_under = String::new();
    if let Some(folder) = release_folder(&files) {
        files = files
            .into_iter()
            .filter_map(|(path, bytes)| Some((path.strip_prefix(&folder)?.strip_prefix('/')?.to_owned(), bytes)))
            .collect();
        shown_under = folder;
    }
    let links = content.links;
    let is_link = |path: &str| links.contains_key(&place::join(&shown_under, path));
    Ok(MemoryTree::new(label.to_owned(), shown_under.clone(), files, |path| is_candidate(path) && !is_link(path)))
}

#[derive(Default)]
struct Content {
    files: BTreeMap<String, Arc<[u8]>>,
    /// Symbolic links: path and target as written.
    links: BTreeMap<String, String>,
    total: u64,
    entries: usize,
}

enum Failure {
    Broken(String),
    Traversal(String),
    Limit(String),
    Encrypted(String),
}

impl Failure {
    fn into_problem(self, label: &str) -> Problem {
        match self {
            Self::Broken(reason) => Problem::new("bad-archive", format!("`{label}` could not be unpacked: {reason}"))
                .with_help("check that it was downloaded completely and is what its name says"),
            Self::Traversal(path) => {
                Problem::new("bad-archive", format!("`{label}` contains `{path}`, which leads out of the archive"))
                    .with_help("repack it with relative paths only")
            }
            Self::Limit(reason) => Problem::new("too-large", format!("`{label}` was not unpacked: {reason}"))
                .with_help("pack the contracts only, or unpack it and name the directory"),
            Self::Encrypted(path) => {
                Problem::new("bad-archive", format!("`{label}` is encrypted: `{path}` needs a password"))
                    .with_help("unpack it and name the directory")
            }
        }
    }
}

fn broken(error: &io::Error) -> Failure {
    Failure::Broken(words(error))
}

impl Content {
    fn unpack_tar(&mut self, reader: impl Read) -> Result<(), Failure> {
        // The headers count too: a bomb can consist of them alone.
        let mut archive = tar::Archive::new(reader.take(MAX_TOTAL_BYTES + (MAX_ENTRIES as u64) * 512));
        for entry in archive.entries().map_err(|error| broken(&error))? {
            let mut entry = entry.map_err(|error| broken(&error))?;
            self.count_entry()?;
            let raw = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            if kind.is_dir() {
                continue;
            }
            let path = checked_path(&raw)?;
            if kind.is_symlink() || kind.is_hard_link() {
                if let Some(target) = entry.link_name_bytes() {
                    let target = String::from_utf8_lossy(&target).into_owned();
                    // A hard link's target starts at the root of the archive, a symbolic link's beside the link.
                    let target = if kind.is_hard_link() { format!("/{target}") } else { target };
                    self.links.insert(path, target);
                }
            } else if kind.is_file() {
                let size = entry.size();
                self.add(path, size, &mut entry)?;
            }
        }
        Ok(())
    }

    fn unpack_zip(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| zip_failure("", &error))?;
        for index in 0..archive.len() {
            self.count_entry()?;
            let mut entry = archive.by_index(index).map_err(|error| zip_failure(&index.to_string(), &error))?;
            let raw = String::from_utf8_lossy(entry.name_raw()).replace('\\', "/");
            if entry.is_dir() {
                continue;
            }
            let path = checked_path(&raw)?;
            let size = entry.size();
            if entry.is_symlink() {
                let mut target = String::new();
                entry.by_ref().take(4096).read_to_string(&mut target).map_err(|error| broken(&error))?;
                self.links.insert(path, target);
            } else {
                self.add(path, size, &mut entry)?;
            }
        }
        Ok(())
    }

    fn count_entry(&mut self) -> Result<(), Failure> {
        self.entries += 1;
        if self.entries > MAX_ENTRIES {
            return Err(Failure::Limit(format!("it has more than {MAX_ENTRIES} files")));
        }
        Ok(())
    }

    /// Keeps what may be a contract or be referred to by one. The declared size is only a hint: a bomb lies about it.
    fn add(&mut self, path: String, declared: u64, reader: &mut impl Read) -> Result<(), Failure> {
        if !has_contract_extension(&path) && place::file_name(&path).contains('.') {
            return Ok(());
        }
        let allowed = MAX_FILE_BYTES.min(MAX_TOTAL_BYTES - self.total);
        let mut bytes = Vec::with_capacity(declared.min(16 * 1024 * 1024) as usize);
        reader.take(allowed + 1).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
        if bytes.len() as u64 > allowed {
            let limit = if allowed == MAX_FILE_BYTES { MAX_FILE_BYTES } else { MAX_TOTAL_BYTES } >> 20;
            return Err(Failure::Limit(format!("`{path}` takes it above the limit of {limit} MiB")));
        }
        self.total += bytes.len() as u64;
        self.files.insert(path, Arc::from(bytes));
        Ok(())
    }

    /// Makes linked files readable under the link's path. Links that lead out or nowhere are left out: reading them
    /// says that the file is not there.
    fn follow_links(&mut self) {
        for link in self.links.keys() {
            let mut path = link.clone();
            for _ in 0..MAX_LINK_STEPS {
                let Some(target) = self.links.get(&path) else { break };
                let resolved = match target.strip_prefix('/') {
                    Some(from_root) => place::join_inside("", from_root),
                    None => place::join_inside(place::parent(&path), target),
                };
                let Some(resolved) = resolved else { break };
                path = resolved;
            }
            if let Some(bytes) = self.files.get(&path).cloned() {
                self.files.insert(link.clone(), bytes);
            }
        }
    }
}

fn zip_failure(path: &str, error: &zip::result::ZipError) -> Failure {
    match error {
        zip::result::ZipError::UnsupportedArchive(reason) if reason.contains("assword") => {
            Failure::Encrypted(path.to_owned())
        }
        error => Failure::Broken(error.to_string()),
    }
}

fn checked_path(raw: &str) -> Result<String, Failure> {
    place::join_inside("", raw).filter(|path| !path.is_empty()).ok_or_else(|| Failure::Traversal(raw.to_owned()))
}

/// The one top-level folder of a release: `name-version` or `name-commit`. A protobuf package cannot have a hyphen, so
/// a folder that imports need is never taken for one.
fn release_folder(files: &BTreeMap<String, Arc<[u8]>>) -> Option<String> {
    let (folder, _) = files.keys().next()?.split_once('/')?;
    let is_release = folder.split_once('-').is_some_and(|(name, version)| !name.is_empty() && !version.is_empty());
    let prefix = format!("{folder}/");
    (is_release && files.keys().all(|path| path.starts_with(&prefix))).then(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Tree;

    fn tar(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            // `set_path` refuses what this module must refuse, so the name is written directly.
            header.as_gnu_mut().expect("a GNU header").name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, text.as_bytes()).expect("in memory");
        }
        builder.into_inner().expect("in memory")
    }

    fn paths(tree: &MemoryTree) -> Vec<&str> {
        tree.entries().iter().map(|entry| entry.path.as_str()).collect()
    }

    #[test]
    fn the_folder_of_a_release_is_shown_but_not_part_of_the_paths() {
        let bytes = tar(&[("orders-1.4.0/api/a.yaml", "a"), ("orders-1.4.0/README.md", "r")]);
        let tree = open("orders.tar", Packing::Tar, &bytes).expect("opens");
        assert_eq!(paths(&tree), ["api/a.yaml"]);
        assert_eq!(tree.display_path("api/a.yaml"), "orders-1.4.0/api/a.yaml");

        let bytes = tar(&[("acme/v1/a.proto", "a"), ("acme/v1/b.proto", "b")]);
        let tree = open("acme.tar", Packing::Tar, &bytes).expect("opens");
        assert_eq!(paths(&tree), ["acme/v1/a.proto", "acme/v1/b.proto"]);
    }

    #[test]
    fn a_path_that_climbs_out_is_refused() {
        for path in ["../a.yaml", "/etc/a.yaml", "x/../../a.yaml"] {
            let problem = open("a.tar", Packing::Tar, &tar(&[(path, "a")])).expect_err("refused");
            assert_eq!(problem.code, "bad-archive");
            assert!(problem.message.contains(path), "{}", problem.message);
        }
    }

    #[test]
    fn broken_archives_are_said_to_be_broken() {
        for packing in [Packing::Tar, Packing::TarGz, Packing::Zip] {
            let problem = open("x", packing, &[0x50; 700]).expect_err("refused");
            assert_eq!(problem.code, "bad-archive");
        }
    }

    #[test]
    fn archives_are_known_by_their_names() {
        assert_eq!(Packing::of_name("a.TGZ"), Some(Packing::TarGz));
        assert_eq!(Packing::of_name("v1.2.tar.gz"), Some(Packing::TarGz));
        assert_eq!(Packing::of_name("a.zip"), Some(Packing::Zip));
        assert_eq!(Packing::of_name("a.yaml"), None);
    }
}
