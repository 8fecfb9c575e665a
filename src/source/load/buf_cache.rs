//! Dependencies that a `buf.lock` names, out of the cache that `buf` keeps on this machine. Nothing is downloaded.
//!
//! | written by buf | place below the cache |
//! |---|---|
//! | 1.32 and later | `v3/modules/{b5,shake256}/REMOTE/OWNER/NAME/COMMIT/files/` |
//! | 1.18 to 1.31 | `v2/module/REMOTE/OWNER/NAME/`: `commits/COMMIT` names a manifest among `blobs/` |
//! | before | `v1/module/data/REMOTE/OWNER/NAME/COMMIT/` |

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use crate::source::load::failure::MAX_FILE_BYTES;
use crate::source::load::place;

/// One dependency as a lock file pins it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Locked {
    /// `buf.build/googleapis/googleapis`.
    name: String,
    commit: String,
}

/// The dependencies of one tree that the cache has.
#[derive(Debug, Default)]
pub(crate) struct CachedModules {
    modules: Vec<Module>,
}

#[derive(Debug)]
enum Module {
    /// Files below a directory.
    Directory(Utf8PathBuf),
    /// Files by path inside the module.
    Blobs(BTreeMap<String, Utf8PathBuf>),
}

impl CachedModules {
    /// What the cache at `root` has of the dependencies in these lock files.
    pub(crate) fn find(root: &Utf8Path, locks: &[String]) -> Self {
        let mut locked: Vec<Locked> = locks.iter().flat_map(|text| parse(text)).collect();
        locked.dedup();
        Self { modules: locked.iter().filter_map(|dependency| module(root, dependency)).collect() }
    }

    /// The place of a file on the disk, by the path under which it is imported.
    pub(crate) fn place(&self, import: &str) -> Option<Utf8PathBuf> {
        let inside = place::join_inside("", import)?;
        self.modules.iter().find_map(|module| match module {
            Module::Directory(directory) => Some(directory.join(&inside)).filter(|path| path.is_file()),
            Module::Blobs(files) => files.get(&inside).cloned(),
        })
    }

    /// The bytes of a file.
    pub(crate) fn read(&self, import: &str) -> Option<Arc<[u8]>> {
        let path = self.place(import)?;
        let is_small = fs::metadata(&path).is_ok_and(|metadata| metadata.len() <= MAX_FILE_BYTES);
        if is_small { fs::read(path).ok().map(Arc::from) } else { None }
    }
}

/// The entries of a lock file. Version 2 has the whole name in a line, version 1 its parts in three.
fn parse(text: &str) -> Vec<Locked> {
    let mut all: Vec<BTreeMap<&str, &str>> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let entry = line.strip_prefix("- ");
        if entry.is_some() {
            all.push(BTreeMap::new());
        }
        if let (Some((key, value)), Some(last)) = (entry.unwrap_or(line).split_once(':'), all.last_mut()) {
            last.insert(key.trim(), value.trim().trim_matches(['"', '\'']));
        }
    }
    all.into_iter()
        .filter_map(|entry| {
            let commit = entry.get("commit")?;
            let name = match entry.get("name") {
                Some(name) => (*name).to_owned(),
                None => {
                    [entry.get("remote")?, entry.get("owner")?, entry.get("repository")?].map(|part| *part).join("/")
                }
            };
            // They become folders: nothing may lead out of the cache.
            let is_plain =
                |text: &str| !text.is_empty() && !text.split('/').any(|part| matches!(part, "" | "." | ".."));
            (is_plain(&name) && is_plain(commit)).then(|| Locked { name, commit: (*commit).to_owned() })
        })
        .collect()
}

fn module(root: &Utf8Path, locked: &Locked) -> Option<Module> {
    let Locked { name, commit } = locked;
    let newest =
        ["b5", "shake256"].map(|digest| root.join("v3/modules").join(digest).join(name).join(commit).join("files"));
    let oldest = root.join("v1/module/data").join(name).join(commit);
    let mut directories = newest.into_iter().chain([oldest]);
    if let Some(found) = directories.find(|directory| directory.is_dir()) {
        return Some(Module::Directory(found));
    }
    let blobs = root.join("v2/module").join(name);
    let manifest = fs::read_to_string(blobs.join("commits").join(commit)).ok()?;
    let manifest = fs::read_to_string(blob(&blobs, manifest.trim())?).ok()?;
    let files = manifest.lines().filter_map(|line| {
        let (digest, path) = line.split_once("  ")?;
        Some((path.to_owned(), blob(&blobs, digest)?))
    });
    Some(Module::Blobs(files.collect()))
}

/// The place of a blob: `shake256:ab12…` is in `blobs/ab/12…`.
fn blob(module: &Utf8Path, digest: &str) -> Option<Utf8PathBuf> {
    let (_, hex) = digest.split_once(':')?;
    let is_hex = hex.len() > 2 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| module.join("blobs").join(&hex[..2]).join(&hex[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK_2: &str = "version: v2\ndeps:\n  - name: buf.build/acme/types\n    commit: c1\n    digest: b5:00\n";
    const LOCK_1: &str =
        "version: v1\ndeps:\n  - remote: buf.build\n    owner: acme\n    repository: types\n    commit: c1\n";

    fn cache(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let root = Utf8PathBuf::from_path_buf(directory.path().to_owned()).expect("UTF-8");
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        }
        (directory, root)
    }

    #[track_caller]
    fn assert_found(files: &[(&str, &str)], lock: &str) {
        let (_directory, root) = cache(files);
        let modules = CachedModules::find(&root, &[lock.to_owned()]);
        assert_eq!(modules.read("acme/t.proto").as_deref(), Some(&b"text"[..]));
        assert_eq!(modules.read("acme/u.proto"), None);
        assert_eq!(modules.read("../../t.proto"), None);
    }

    #[test]
    fn both_versions_of_the_lock_file_are_read() {
        let expected = [Locked { name: "buf.build/acme/types".to_owned(), commit: "c1".to_owned() }];
        assert_eq!(parse(LOCK_2), expected);
        assert_eq!(parse(LOCK_1), expected);
        assert_eq!(parse("version: v2\ndeps:\n  - name: ../x\n    commit: c1\n"), []);
    }

    #[test]
    fn each_layout_of_the_cache_is_read() {
        assert_found(&[("v3/modules/b5/buf.build/acme/types/c1/files/acme/t.proto", "text")], LOCK_2);
        assert_found(&[("v3/modules/shake256/buf.build/acme/types/c1/files/acme/t.proto", "text")], LOCK_1);
        assert_found(&[("v1/module/data/buf.build/acme/types/c1/acme/t.proto", "text")], LOCK_1);
        let manifest = "shake256:abcd  acme/t.proto\nshake256:abff  buf.md\n";
        let module = "v2/module/buf.build/acme/types";
        assert_found(
            &[
                (&format!("{module}/commits/c1"), "shake256:1234"),
                (&format!("{module}/blobs/12/34"), manifest),
                (&format!("{module}/blobs/ab/cd"), "text"),
            ],
            LOCK_1,
        );
    }
}
