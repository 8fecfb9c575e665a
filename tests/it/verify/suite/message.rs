//! Scenarios of message providers: the real binary asks a provider in this process for messages.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine;
use serde_json::{Map, Value, json};

use crate::verify::command::{Folder, Run};
use crate::verify::server::{Reply, Request, Server};
use crate::verify::suite::feature::{Scenario, Step};
use crate::verify::suite::fixture::{body, content, fragment, pact};

#[derive(Default)]
struct World {
    replies: Arc<Mutex<BTreeMap<String, Reply>>>,
    interactions: Vec<Value>,
    state: Option<Server>,
    run: Option<Run>,
}

pub fn run(scenario: &Scenario) -> Result<bool, String> {
    let mut world = World::default();
    for step in &scenario.steps {
        world.step(step).map_err(|reason| format!("{}: {reason}", step.text))?;
    }
    Ok(true)
}

fn metadata_value(cell: &str) -> Value {
    cell.strip_prefix("JSON:").map_or_else(
        || cell.into(),
        |text| serde_json::from_str(&text.trim().replace("\\\"", "\"")).expect("the cell is JSON"),
    )
}

/// `Origin=AXP-1000; TagData=JSON: {…}`.
fn metadata_cell(cell: &str) -> Map<String, Value> {
    cell.split("; ")
        .filter_map(|piece| piece.split_once('='))
        .map(|(name, value)| (name.to_owned(), metadata_value(value)))
        .collect()
}

fn metadata_table(step: &Step) -> Map<String, Value> {
    step.table
        .named()
        .iter()
        .filter_map(|row| Some((row.get("key")?.to_owned(), metadata_value(row.get("value")?))))
        .collect()
}

impl World {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        let quoted = step.quoted();
        if step.has("a provider is started that can generate") {
            let content = content(&quoted[1], None);
            let mut headers =
                vec![("Content-Type".to_owned(), content.kind.clone().unwrap_or_else(|| "text/plain".into()))];
            let metadata = metadata_table(step);
            if !metadata.is_empty() {
                let encoded = base64::engine::general_purpose::STANDARD.encode(Value::Object(metadata).to_string());
                headers.push(("Pact-Message-Metadata".into(), encoded));
            }
            let reply = Reply::Response { status: 200, headers, body: content.bytes };
            self.replies.lock().map_err(|error| error.to_string())?.insert(quoted[0].clone(), reply);
        } else if step.has("a provider state callback is configured") {
            self.state = Some(Server::start(|_: &Request| Reply::json(200, "{}")));
        } else if step.has("a Pact file for") {
            self.add(step)?;
        } else if step.has("the verification is run") && !step.has("callback") {
            self.verify()?;
        } else {
            return self.then(step);
        }
        Ok(())
    }

    fn add(&mut self, step: &Step) -> Result<(), String> {
        let quoted = step.quoted();
        let pairs = step.table.pairs();
        let is_described = step.has("is to be verified with the following:");
        let cell = if is_described { pairs.get("body").ok_or("no body")?.to_owned() } else { quoted[1].clone() };
        let content = content(&cell, None);
        let mut interaction =
            json!({"type": "Asynchronous/Messages", "description": quoted[0], "contents": body(&content)});
        if is_described {
            if let Some(rules) = pairs.get("matching rules") {
                interaction["matchingRules"] = fragment(rules);
            }
            if let Some(cell) = pairs.get("metadata") {
                interaction["metadata"] = metadata_cell(cell).into();
            }
        } else if step.has("with the following metadata") {
            interaction["metadata"] = metadata_table(step).into();
        } else if step.has("with the following comments") {
            interaction["comments"] = step.table.comments();
        } else if step.has("provider state") {
            interaction["providerStates"] = json!([{"name": quoted[2]}]);
        } else if step.has("marked pending") {
            interaction["pending"] = true.into();
        }
        self.interactions.push(interaction);
        Ok(())
    }

    fn verify(&mut self) -> Result<(), String> {
        let replies = Arc::clone(&self.replies);
        let provider = Server::start(move |request: &Request| {
            let description = request.json()["description"].as_str().unwrap_or_default().to_owned();
            replies.lock().expect("no test thread panicked").get(&description).cloned().unwrap_or(Reply::empty(404))
        });
        let folder = Folder::new();
        let mut arguments = vec!["--provider".to_owned(), provider.url.clone(), "--verbose".into()];
        for (index, interaction) in self.interactions.iter().enumerate() {
            let name = format!("pact-{index}.json");
            folder.write(&name, &pact(std::slice::from_ref(interaction)));
            arguments.push(name);
        }
        if let Some(state) = &self.state {
            arguments.extend(["--state-url".into(), format!("{}/state", state.url), "--state-teardown".into()]);
        }
        let borrowed: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run = Some(folder.verify(&borrowed));
        Ok(())
    }

    fn then(&self, step: &Step) -> Result<(), String> {
        let run = self.run.as_ref().ok_or("the verification was not run")?;
        let quoted = step.quoted();
        let holds = if step.has("verification will be successful") {
            run.code == 0
        } else if step.has("verification will NOT be successful") {
            run.code != 0
        } else if step.has("provider state callback will be called") {
            self.state.is_some()
        } else if step.has("provider state callback will receive") {
            let action = if step.has("teardown") { "teardown" } else { "setup" };
            let calls: Vec<Value> =
                self.state.as_ref().ok_or("no callback")?.requests().iter().map(Request::json).collect();
            calls.iter().any(|call| call["action"] == action && call["state"] == quoted[0].as_str())
        } else if let Some(text) = quoted.first() {
            run.stdout.contains(text)
        } else {
            return Err("no such step".into());
        };
        if holds { Ok(()) } else { Err(format!("exit {}\n{}{}", run.code, run.stdout, run.stderr)) }
    }
}
