//! Runs programs as their users do, and says how long they take and how much memory.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A run of a program.
pub struct Run {
    pub time: Duration,
    /// The most memory that it had, in bytes; 0 where the system does not say.
    pub memory: u64,
}

/// After this long a program counts as one that gives no report.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// The median of some runs, by time; `None` where a run ended with another exit code than these, and so gave no report.
pub fn median(rounds: usize, command: &mut Command, codes: &[i32]) -> Option<Run> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut runs = (0..rounds).map(|_| run(command, codes)).collect::<Option<Vec<Run>>>()?;
    runs.sort_by_key(|run| run.time);
    runs.into_iter().nth(rounds / 2)
}

fn run(command: &mut Command, codes: &[i32]) -> Option<Run> {
    let started = Instant::now();
    let mut child = command.spawn().ok()?;
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    loop {
        // The high-water mark goes with the process, so it is read until the end.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
        memory = kilobytes.map_or(memory, |kilobytes| kilobytes * 1024);
        if let Some(status) = child.try_wait().ok()? {
            let is_report = status.code().is_some_and(|code| codes.contains(&code));
            return is_report.then(|| Run { time: started.elapsed(), memory });
        }
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        // A program of a few milliseconds must not look slower for being looked at seldom.
        std::thread::sleep(Duration::from_micros(200).max(started.elapsed() / 100));
    }
}

pub fn show(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
