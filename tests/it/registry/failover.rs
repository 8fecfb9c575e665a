//! PostgreSQL servers that follow others, and take over when those die.

use super::test_postgres::{TestPostgres, run};

impl TestPostgres {
    /// Starts a second server that follows this one. From then on a commit is acknowledged only when it is on both.
    pub(crate) fn start_standby(&self) -> Self {
        let standby = Self::without_data(self.bin.clone(), self.as_root);
        let copy = ["-d", &self.url, "-D", &standby.data, "-R", "-X", "stream", "-c", "fast"];
        run(&mut self.command("pg_basebackup", &copy));
        standby.launch();
        for command in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            run(&mut self.command("psql", &["-d", &self.url, "-c", command]));
        }
        standby
    }

    /// Kills this server without warning, and lets the one that follows it take over.
    pub(crate) fn fail_over_to(&self, standby: &Self) {
        run(&mut self.command("pg_ctl", &["-D", &self.data, "-m", "immediate", "-w", "stop"]));
        run(&mut standby.command("pg_ctl", &["-D", &standby.data, "-w", "promote"]));
    }
}
