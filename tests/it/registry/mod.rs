//! The registry from the outside: the real program, over HTTP and by its command line.

mod access;
mod affected;
mod broker;
mod can_deploy;
mod clients;
mod clock;
mod commands;
mod contract;
mod crash;
mod failover;
mod fuzz;
mod import;
mod modes;
mod pact_cli;
mod server;
#[path = "../../../src/registry/store/test_postgres.rs"]
mod test_postgres;
mod traces;
mod transport;
mod webhooks;

use server::Server;
use test_postgres::TestPostgres;

/// Runs a scenario on a fresh registry with each storage backend that this machine has.
fn on_every_backend(scenario: impl Fn(&Server)) {
    scenario(&Server::start(&[]));
    if let Some(postgres) = TestPostgres::start() {
        scenario(&Server::start(&["--database", &postgres.url]));
    }
}
