//! Reading pacts from files, directories, globs and URLs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::GlobBuilder;
use tempfile::TempPath;
use url::Url;

use crate::finding::Problem;
use crate::pact::{HttpRequest, HttpResponse, InteractionKind, Message, Pact, parse};
use crate::source::load::shown_address;
use crate::verify::http::Fetcher;

/// One pact with where it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// For people: the path as typed, or the address without credentials.
    pub label: String,
    /// The pact.
    pub pact: Pact,
    /// Whether all its failures are only reported (a broker said so).
    pub is_pending: bool,
    /// What a broker wants people to know.
    pub notices: Vec<String>,
    /// Where results are published, for pacts of a broker.
    pub results_url: Option<Url>,
    /// How many bytes of text are held here.
    size: u64,
    /// Where the whole pact is, if only its outline is here.
    stored: Option<Stored>,
}

impl Loaded {
    /// A pact that is here as a whole.
    #[must_use]
    pub const fn new(label: String, pact: Pact) -> Self {
        Self { label, pact, is_pending: false, notices: Vec::new(), results_url: None, size: 0, stored: None }
    }

    /// How many bytes the whole pact is; `None` where it is here.
    pub(crate) fn stored_size(&self) -> Option<u64> {
        self.stored.as_ref().map(|stored| stored.size)
    }

    /// The whole pact again.
    ///
    /// # Errors
    /// When it is no longer what it was.
    pub(crate) fn whole(&self) -> Result<Self, String> {
        let Some(stored) = &self.stored else { return Ok(self.clone()) };
        let gone = |reason: String| format!("the pact `{}` could not be read again: {reason}", self.label);
        let bytes = std::fs::read(&stored.path).map_err(|error| gone(error.to_string()))?;
        let text = crate::syntax::decode(&bytes).map_err(|(_, reason)| gone(reason.clone()))?;
        let pact = parse(&self.label, text.trim_start_matches('\u{feff}'))
            .pact
            .filter(|pact| pact.interactions.len() == self.pact.interactions.len())
            .ok_or_else(|| gone("it changed while it was verified".into()))?;
        Ok(Self::new(self.label.clone(), pact))
    }

    /// Leaves the outline: names, states and kinds, by which interactions are selected.
    fn outline(mut self, stored: Stored) -> Self {
        for interaction in &mut self.pact.interactions {
            match &mut interaction.kind {
                InteractionKind::Http { request, response } => {
                    **request = HttpRequest::default();
                    **response = HttpResponse::default();
                }
                InteractionKind::Message(message) => **message = Message::default(),
                InteractionKind::SyncMessage { request, responses } => {
                    **request = Message::default();
                    responses.clear();
                }
                InteractionKind::Grpc { call, reply } => {
                    call.messages.clear();
                    reply.messages.clear();
                }
            }
        }
        self.stored = Some(stored);
        self
    }
}

/// A pact on disk.
#[derive(Debug, Clone)]
struct Stored {
    path: PathBuf,
    size: u64,
    /// Deletes a file that is ours once nobody needs it.
    _ours: Option<Arc<TempPath>>,
}

/// Where a pact is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PactSource {
    /// A file, a directory or a glob.
    Path(String),
    /// An address.
    Url(Url),
}

impl PactSource {
    /// What the argument names: `http://` and `https://` are addresses, everything else is looked for on disk.
    #[must_use]
    pub fn of(argument: &str) -> Self {
        match Url::parse(argument) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::Url(url),
            _ => Self::Path(argument.to_owned()),
        }
    }
}

/// The longest pact that is read.
const MAX_BYTES: u64 = 256 << 20;

/// Of pacts that are larger together, only the outline is held, and they are read again when it is their turn.
pub(crate) const HELD: u64 = 64 << 20;

/// Directories are searched no deeper.
const MAX_DEPTH: usize = 16;

/// Reads all pacts. A directory gives every `.json` file in it that is a pact; files named by themselves must be pacts.
///
/// # Errors
/// Everything that could not be read, with positions.
pub async fn load(sources: &[PactSource], cwd: &Path, fetcher: &Fetcher) -> Result<Vec<Loaded>, Vec<Problem>> {
    let mut pacts = Vec::new();
    let mut problems = Vec::new();
    for source in sources {
        match source {
            PactSource::Url(url) => match fetcher.text(url, MAX_BYTES).await {
                Ok(text) => read(&shown_address(url), &text, None, &mut pacts, &mut problems),
                Err(problem) => problems.push(problem),
            },
            PactSource::Path(path) => load_path(path, cwd, &mut pacts, &mut problems),
        }
    }
    if problems.is_empty() { Ok(pacts) } else { Err(problems) }
}

/// Reads a pact. `path` is where it is on disk, if it is there.
pub(crate) fn read(label: &str, text: &str, path: Option<&Path>, pacts: &mut Vec<Loaded>, problems: &mut Vec<Problem>) {
    let parsed = parse(label, text.trim_start_matches('\u{feff}'));
    if !parsed.problems.is_empty() {
        return problems.extend(parsed.problems);
    }
    let Some(pact) = parsed.pact else { return };
    let loaded = Loaded::new(label.to_owned(), pact);
    let size = text.len() as u64;
    let held: u64 = pacts.iter().map(|pact| pact.size).sum();
    if held + size <= HELD {
        return pacts.push(Loaded { size, ..loaded });
    }
    match store(text, path) {
        Ok(stored) => pacts.push(loaded.outline(stored)),
        Err(error) => {
            let message = format!("the pact `{label}` is too large to hold, and could not be kept on disk: {error}");
            problems.push(Problem::new("unwritable", message));
        }
    }
}

fn store(text: &str, path: Option<&Path>) -> std::io::Result<Stored> {
    let size = text.len() as u64;
    if let Some(path) = path {
        return Ok(Stored { path: path.to_owned(), size, _ours: None });
    }
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(text.as_bytes())?;
    let ours = file.into_temp_path();
    Ok(Stored { path: ours.to_path_buf(), size, _ours: Some(Arc::new(ours)) })
}

fn load_path(argument: &str, cwd: &Path, pacts: &mut Vec<Loaded>, problems: &mut Vec<Problem>) {
    let path = cwd.join(argument);
    if path.is_dir() {
        let mut files = Vec::new();
        collect(&path, 0, &mut files);
        let before = pacts.len() + problems.len();
        for file in files {
            load_file(&shown(&file, cwd), &file, true, pacts, problems);
        }
        if pacts.len() + problems.len() == before {
            problems.push(
                Problem::new("no-pacts", format!("the directory `{argument}` has no pact in it"))
                    .with_help("pacts are `.json` files"),
            );
        }
        return;
    }
    if path.exists() || !argument.contains(['*', '?', '[', '{']) {
        return load_file(argument, &path, false, pacts, problems);
    }
    let glob = match GlobBuilder::new(argument).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(error) => {
            return problems.push(Problem::new("bad-glob", format!("`{argument}` is not a glob: {}", error.kind())));
        }
    };
    // Only the part before the first wildcard is walked.
    let fixed: PathBuf = Path::new(argument)
        .components()
        .take_while(|piece| !piece.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
        .collect();
    let mut files = Vec::new();
    collect(&cwd.join(&fixed), 0, &mut files);
    let matching: Vec<PathBuf> =
        files.into_iter().filter(|file| glob.is_match(shown(file, cwd)) || glob.is_match(file)).collect();
    if matching.is_empty() {
        problems.push(Problem::new("no-pacts", format!("no file matches `{argument}`")));
    }
    for file in matching {
        load_file(&shown(&file, cwd), &file, false, pacts, problems);
    }
}

fn shown(file: &Path, cwd: &Path) -> String {
    file.strip_prefix(cwd).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth < MAX_DEPTH && !path.is_symlink() {
                collect(&path, depth + 1, files);
            }
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            files.push(path);
        }
    }
}

fn load_file(label: &str, path: &Path, is_found: bool, pacts: &mut Vec<Loaded>, problems: &mut Vec<Problem>) {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() > MAX_BYTES => {
            return problems
                .push(Problem::new("too-large", format!("`{label}` has more than {} MiB", MAX_BYTES >> 20)));
        }
        _ => {}
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            return problems.push(Problem::new("unreadable", format!("the pact `{label}` could not be read: {error}")));
        }
    };
    match crate::syntax::decode(&bytes) {
        Ok(text) => {
            // A directory may hold other JSON; what a person named must be a pact.
            if is_found && !looks_like_pact(&text) {
                return;
            }
            read(label, &text, Some(path), pacts, problems);
        }
        Err((_, reason)) => {
            problems.push(Problem::new("pact-syntax", format!("the pact `{label}` cannot be read: {reason}")));
        }
    }
}

fn looks_like_pact(text: &str) -> bool {
    text.contains("\"consumer\"") && text.contains("\"provider\"")
}
