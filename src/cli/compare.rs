//! What `check` and `diff` share: their common options, and trees opened with the settings applied.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::civil::Date;

use crate::cli::context::Context;
use crate::cli::date;
use crate::cli::output::OutputArguments;
use crate::config::Settings;
use crate::finding::Problem;
use crate::policy::Mode;
use crate::source::Tree;
use crate::source::load::{BUF_CACHE, Exclusion, ImportDirs, Network, Overlay, WithNetwork};

/// Options of every comparison.
#[derive(Debug, Clone, Args)]
pub struct CompareArguments {
    /// Look protobuf imports up in DIR too, for both sides.
    #[arg(short = 'I', long = "import-dir", value_name = "DIR")]
    pub import_dirs: Vec<Utf8PathBuf>,

    /// What a change may do to others: expansion-only, compatible, backward, forward, full, *-transitive.
    #[arg(long, value_name = "MODE", env = "COUNTERPART_MODE", hide_env_values = true, hide_possible_values = true,
          value_parser = mode_parser())]
    pub mode: Option<Mode>,

    /// The day that counts for waivers and sunsets (default: today).
    #[arg(long, value_name = "DATE", env = "COUNTERPART_TODAY", hide_env_values = true, value_parser = date::parse)]
    pub today: Option<Date>,

    /// Where the results go and how.
    #[command(flatten)]
    pub output: OutputArguments,
}

fn mode_parser() -> impl TypedValueParser<Value = Mode> {
    PossibleValuesParser::new(Mode::ALL.map(|(name, _)| name)).map(|name| name.parse().unwrap_or_default())
}

/// Puts the settings on trees.
pub(crate) struct Applied {
    exclusion: Option<Exclusion>,
    imports: ImportDirs,
    buf_cache: Option<Utf8PathBuf>,
    /// Set where references may go to the network.
    network: Option<Network>,
    /// Files read so far, over all trees.
    pub(crate) reads: Arc<AtomicUsize>,
}

impl Applied {
    /// Opens the import directories and tells the formats under which names they are read.
    pub(crate) fn new(
        context: &Context,
        arguments: &CompareArguments,
        settings: &mut Settings,
        exclusion: Option<Exclusion>,
    ) -> Result<Self, Problem> {
        let directories: Vec<&Utf8Path> =
            arguments.import_dirs.iter().chain(&settings.import_dirs).map(Utf8PathBuf::as_path).collect();
        let imports = ImportDirs::open(&context.cwd, &directories)?;
        settings.options.import_dirs = imports.names().map(Utf8PathBuf::from).collect();
        let buf_cache = buf_cache();
        settings.options.import_dirs.extend(buf_cache.iter().map(|_| Utf8PathBuf::from(BUF_CACHE)));
        let network = settings.options.allow_network_refs.then(|| context.network.clone());
        Ok(Self { exclusion, imports, buf_cache, network, reads: Arc::default() })
    }

    /// One tree with the settings applied.
    pub(crate) fn apply(&self, tree: Box<dyn Tree>) -> Overlay {
        let tree: Box<dyn Tree> = match &self.network {
            Some(network) => Box::new(WithNetwork::new(tree, network.clone())),
            None => tree,
        };
        let (imports, cache) = (self.imports.clone(), self.buf_cache.clone());
        Overlay::new(tree, self.exclusion.as_ref(), imports, cache, Arc::clone(&self.reads))
    }
}

/// Where buf keeps what it downloaded: `$BUF_CACHE_DIR`, or `buf` in the user's cache folder. `None` where buf never ran.
fn buf_cache() -> Option<Utf8PathBuf> {
    let folder = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
    let caches = || {
        let home = if cfg!(windows) { folder("LOCALAPPDATA") } else { folder("HOME").map(|home| home.join(".cache")) };
        folder("XDG_CACHE_HOME").or(home).map(|caches| caches.join("buf"))
    };
    folder("BUF_CACHE_DIR").or_else(caches).filter(|directory| directory.is_dir())
}
