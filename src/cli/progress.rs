//! A sign of life on stderr when a comparison takes longer than a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::context::Context;

/// Quicker runs show nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// Shows how many files were read until it is dropped.
pub(crate) struct Progress {
    stop: Option<Sender<()>>,
    watcher: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to wait. `total` is how many files there are: equal ones are never read, so it is a bound.
    pub(crate) fn start(context: &Context, reads: &Arc<AtomicUsize>, total: usize) -> Self {
        Self::counting(context, reads, total, "files read")
    }

    /// The same for anything else that is counted.
    pub(crate) fn counting(context: &Context, reads: &Arc<AtomicUsize>, total: usize, what: &'static str) -> Self {
        if !context.error_terminal.is_terminal || context.quiet {
            return Self { stop: None, watcher: None };
        }
        let (stop, stopped) = mpsc::channel();
        let reads = Arc::clone(reads);
        let watcher = std::thread::spawn(move || {
            if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let template = format!("{{spinner}} {{wide_bar}} {{pos}}/{{len}} {what}, {{elapsed}}");
            bar.set_style(ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            loop {
                bar.set_position(reads.load(Ordering::Relaxed).min(total) as u64);
                if stopped.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                    bar.finish_and_clear();
                    return;
                }
            }
        });
        Self { stop: Some(stop), watcher: Some(watcher) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(watcher) = self.watcher.take() {
            // The line must be gone before results are printed. A watcher that failed has nothing on the screen.
            let _ = watcher.join();
        }
    }
}
