//! What the terminal can show.

use std::io::IsTerminal;

use crate::render::TextOptions;

/// When to color.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    #[default]
    Auto,
    /// Always, into files and pipes too.
    Always,
    /// Never.
    Never,
}

/// One output stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Whether somebody is looking.
    pub is_terminal: bool,
    /// Whether to color.
    pub color: bool,
    /// Columns; `None` where lines may be as long as they are.
    pub width: Option<usize>,
}

/// Narrower than this no message fits.
const NARROWEST: usize = 20;

impl Terminal {
    /// Standard output.
    pub(crate) fn stdout(color: ColorChoice, width: Option<usize>) -> Self {
        Self::of(std::io::stdout().is_terminal(), color, width, terminal_size::terminal_size)
    }

    /// Standard error.
    pub(crate) fn stderr(color: ColorChoice, width: Option<usize>) -> Self {
        let size = || terminal_size::terminal_size_of(std::io::stderr());
        Self::of(std::io::stderr().is_terminal(), color, width, size)
    }

    fn of(
        is_terminal: bool,
        color: ColorChoice,
        width: Option<usize>,
        size: impl FnOnce() -> Option<(terminal_size::Width, terminal_size::Height)>,
    ) -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = match color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                !is_set("NO_COLOR")
                    && (is_set("CLICOLOR_FORCE")
                        || is_terminal && std::env::var_os("TERM").is_none_or(|term| term != "dumb"))
            }
        };
        let measured = || {
            let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
            if is_terminal { size().map(|(width, _)| usize::from(width.0)).or_else(columns) } else { None }
        };
        let width = width.or_else(measured).map(|width| width.max(NARROWEST));
        Self { is_terminal, color, width }
    }

    /// For the text renderer.
    pub(crate) fn options(self, verbose: bool) -> TextOptions {
        TextOptions { color: self.color, width: self.width, links: self.is_terminal && shows_links(), verbose }
    }
}

/// Whether the terminal is known to show links. Those that do not print them as rubbish, so only known ones count.
fn shows_links() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(forced) = set("FORCE_HYPERLINK") {
        return forced != "0";
    }
    let is_program = set("TERM_PROGRAM").is_some_and(|program| {
        ["iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio"].contains(&program.as_str())
    });
    let is_term = set("TERM").is_some_and(|term| {
        ["xterm-kitty", "alacritty", "foot", "xterm-ghostty", "contour"].iter().any(|known| term.starts_with(known))
    });
    let is_vte =
        set("VTE_VERSION").and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version >= 5000);
    is_program || is_term || is_vte || set("WT_SESSION").is_some() || set("KONSOLE_VERSION").is_some()
}
