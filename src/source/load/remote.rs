//! A tree that also reads from the network, where the settings allow references to go there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::source::load::network::Network;
use crate::source::load::web;
use crate::source::{Entry, LoadError, Notebook, Tree};

/// How many documents references may fetch: more is no contract, but a crawl.
const MAX_DOCUMENTS: usize = 100;

/// What an address gave: the same for the whole run.
type Fetched = Result<Arc<[u8]>, LoadError>;

/// A tree whose `read` also takes `https:` addresses. Each is fetched once.
pub struct WithNetwork {
    inner: Box<dyn Tree>,
    network: Network,
    fetched: Mutex<BTreeMap<String, Fetched>>,
}

impl WithNetwork {
    /// `inner`, with the network behind it.
    #[must_use]
    pub fn new(inner: Box<dyn Tree>, network: Network) -> Self {
        Self { inner, network, fetched: Mutex::default() }
    }

    fn fetch(&self, address: &str) -> Fetched {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = fetched.get(address) {
            return known.clone();
        }
        let unreadable = |reason: String| LoadError::Unreadable { path: address.to_owned(), reason };
        let result = if fetched.len() == MAX_DOCUMENTS {
            Err(unreadable(format!("references go to more than {MAX_DOCUMENTS} addresses")))
        } else {
            match url::Url::parse(address) {
                Ok(parsed) => web::fetch(&parsed, address, &self.network)
                    .map(Arc::from)
                    .map_err(|problem| LoadError::Input { message: problem.message, help: problem.help }),
                Err(error) => Err(unreadable(error.to_string())),
            }
        };
        fetched.insert(address.to_owned(), result.clone());
        result
    }
}

impl Tree for WithNetwork {
    fn label(&self) -> &str {
        self.inner.label()
    }

    fn entries(&self) -> &[Entry] {
        self.inner.entries()
    }

    fn read(&self, paths: &[&str]) -> Vec<Result<Arc<[u8]>, LoadError>> {
        if !paths.iter().any(|path| is_address(path)) {
            return self.inner.read(paths);
        }
        let inside: Vec<&str> = paths.iter().copied().filter(|path| !is_address(path)).collect();
        let mut read = self.inner.read(&inside).into_iter();
        let missing = |path: &str| LoadError::NotFound { path: path.to_owned(), tree: self.label().to_owned() };
        paths
            .iter()
            .map(
                |path| {
                    if is_address(path) { self.fetch(path) } else { read.next().unwrap_or_else(|| Err(missing(path))) }
                },
            )
            .collect()
    }

    fn display_path(&self, path: &str) -> String {
        if is_address(path) { path.to_owned() } else { self.inner.display_path(path) }
    }

    fn is_single_file(&self) -> bool {
        self.inner.is_single_file()
    }

    fn notebook(&self) -> Option<&dyn Notebook> {
        self.inner.notebook()
    }
}

fn is_address(path: &str) -> bool {
    path.starts_with("https:")
}
