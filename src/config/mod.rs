//! The project file `counterpart.toml`: what it may say, how it is read, and which settings follow from it.
//!
//! Reading is strict: an unknown key is an error that names the nearest known one, because a misspelled setting of a
//! gate would otherwise be a gate that is open.

mod baseline;
mod discover;
mod file;
mod load;
mod new_waiver;
mod owners;
mod rule_names;
mod schema;
mod sections;
mod settings;
mod takeover;
mod template;
mod vocabulary;

pub use baseline::{BASELINE_NAME, baseline_text, read_baseline};
pub use discover::{FoundContract, found_contracts};
pub use file::{
    ContractSection, EnvironmentSection, GenerateSection, Grace, IgnoreSection, PolicySection, ProjectFile,
    RegistrySection, RequestFilterSection, VerifySection, VersionSection, WaiverSection,
};
pub use load::{FILE_NAME, Project, parse};
pub use new_waiver::{NewWaiver, WaiverTarget, with_waiver};
pub use owners::{CODEOWNERS_PATHS, CodeOwners};
pub use schema::schema;
pub use settings::{Overrides, Row, Settings};
pub use takeover::{TakenOver, take_over};
pub use template::project_text;
pub use vocabulary::FailOn;
