//! The `counterpart` program: parses arguments and calls the library.

use std::process::ExitCode;

/// A tenth to a third faster on contracts than the system's, and the same on every platform.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    counterpart::cli::main()
}
