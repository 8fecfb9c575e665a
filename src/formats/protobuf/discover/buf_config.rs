//! The modules that `buf.yaml` (v1beta1, v1, v2) and `buf.work.yaml` declare.
//! See <https://buf.build/docs/configuration/v2/buf-yaml/>.

use crate::finding::Problem;
use crate::formats::protobuf::discover::is_inside;
use crate::source::{FileId, SourceFile, SourceMap, Tree};
use crate::syntax::{self, Document, NodeId};

const WORKSPACE: &str = "buf.work.yaml";

/// A directory whose files are imported relative to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Module {
    /// Inside the tree; `.` for the tree itself.
    pub(super) root: String,
    /// If there are any, only files in these directories (or these files) belong to it.
    includes: Vec<String>,
    /// Files in these directories don't.
    excludes: Vec<String>,
}

impl Module {
    /// Whether a file inside the root belongs to the module.
    pub(super) fn owns(&self, file: &str) -> bool {
        (self.includes.is_empty() || self.includes.iter().any(|include| is_inside(include, file)))
            && !self.excludes.iter().any(|exclude| is_inside(exclude, file))
    }
}

/// One configuration file that could be read.
struct Config {
    directory: String,
    name: String,
    document: Document,
}

/// All modules of a tree. A configuration that can't be read is a problem.
pub(super) fn modules(tree: &dyn Tree, problems: &mut Vec<Problem>) -> Vec<Module> {
    let is_config = |path: &str| matches!(file_name(path), "buf.yaml" | WORKSPACE);
    let paths: Vec<&str> =
        tree.entries().iter().map(|entry| entry.path.as_str()).filter(|path| is_config(path)).collect();
    let mut configs = Vec::new();
    for (path, bytes) in paths.iter().zip(tree.read(&paths)) {
        match bytes {
            Ok(bytes) => configs.extend(read(tree, path, &bytes, problems)),
            Err(error) => problems.push(Problem::new("unreadable-file", error.to_string())),
        }
    }
    // A v2 file describes everything below it; configurations of its modules are not read.
    let workspaces: Vec<String> =
        configs.iter().filter(|config| config.is_v2()).map(|config| config.directory.clone()).collect();
    let mut modules = Vec::new();
    // The directories of a workspace come last: their own configurations say more.
    configs.sort_by_key(|config| config.name == WORKSPACE);
    for config in &configs {
        let is_below =
            |around: &String| is_inside(around, &config.directory) && (*around != config.directory || !config.is_v2());
        if workspaces.iter().any(is_below) {
            continue;
        }
        config.add_modules(&mut modules);
    }
    modules.sort_by(|a: &Module, b: &Module| a.root.cmp(&b.root));
    modules
}

fn read(tree: &dyn Tree, path: &str, bytes: &[u8], problems: &mut Vec<Problem>) -> Option<Config> {
    let text = std::str::from_utf8(bytes).ok()?;
    let parsed = syntax::parse(FileId(0), path, text.into());
    if let Some(fault) = parsed.faults.first() {
        let mut sources = SourceMap::default();
        sources.add(SourceFile::new(tree.display_path(path), text));
        let message = format!("this configuration of buf can't be read: {}", fault.message);
        problems.push(Problem::new("buf-config", message).at(sources.location(fault.span)));
        return None;
    }
    let directory = path.rsplit_once('/').map_or(".", |(directory, _)| directory).to_owned();
    Some(Config { directory, name: file_name(path).to_owned(), document: parsed.document })
}

impl Config {
    fn root(&self) -> NodeId {
        self.document.root()
    }

    fn version(&self) -> &str {
        self.document.get(self.root(), "version").map_or("", |node| self.document.text(node))
    }

    fn is_v2(&self) -> bool {
        self.name == "buf.yaml" && self.version().trim_matches('"') == "v2"
    }

    fn add_modules(&self, modules: &mut Vec<Module>) {
        if self.name == WORKSPACE {
            for directory in self.strings(self.root(), "directories") {
                let root = join(&self.directory, &directory);
                if !modules.iter().any(|module| module.root == root) {
                    modules.push(Module { root, ..Module::default() });
                }
            }
        } else if self.is_v2() {
            let listed = self.document.get(self.root(), "modules").filter(|&node| self.document.is_sequence(node));
            let listed: Vec<NodeId> = listed.map_or(Vec::new(), |node| self.document.items(node).to_vec());
            for &module in &listed {
                let path = self.document.get_str(module, "path").unwrap_or(".");
                modules.push(Module {
                    root: join(&self.directory, path),
                    includes: self.paths(module, "includes", &self.directory),
                    excludes: self.paths(module, "excludes", &self.directory),
                });
            }
            if listed.is_empty() {
                modules.push(Module { root: self.directory.clone(), ..Module::default() });
            }
        } else {
            self.add_old_module(modules);
        }
    }

    /// v1 has one root; v1beta1 may have several, and its excludes are relative to the file all the same.
    fn add_old_module(&self, modules: &mut Vec<Module>) {
        let build = self.document.get(self.root(), "build");
        let roots = build.map_or(Vec::new(), |build| self.strings(build, "roots"));
        let excludes = build.map_or(Vec::new(), |build| self.strings(build, "excludes"));
        let roots = if roots.is_empty() { vec![".".to_owned()] } else { roots };
        for root in roots {
            let root = join(&self.directory, &root);
            // v1beta1 wants excludes relative to the file, v1 relative to the one root, which is the file's folder.
            let excludes = excludes.iter().map(|exclude| join(&self.directory, exclude)).collect();
            modules.push(Module { root, includes: Vec::new(), excludes });
        }
    }

    fn paths(&self, node: NodeId, key: &str, base: &str) -> Vec<String> {
        self.strings(node, key).iter().map(|path| join(base, path)).collect()
    }

    fn strings(&self, node: NodeId, key: &str) -> Vec<String> {
        let list = self.document.get(node, key).filter(|&list| self.document.is_sequence(list));
        list.map_or(Vec::new(), |list| {
            self.document.items(list).iter().filter_map(|&item| self.document.as_str(item)).map(str::to_owned).collect()
        })
    }
}

/// A path below a directory of the tree, without `.` and with `..` followed as far as the tree goes.
fn join(base: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
