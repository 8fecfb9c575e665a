//! Scenarios of HTTP providers: the real binary against a provider in this process.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::verify::command::{Folder, Run};
use crate::verify::server::{Reply, Request, Server};
use crate::verify::suite::feature::{Scenario, Step};
use crate::verify::suite::fixture::{changed, content, headers, pact, request, response};
use crate::verify::suite::table::Row;

#[derive(Default)]
struct World {
    defined: Vec<Row>,
    provider: Option<Server>,
    state: Option<Server>,
    broker: Option<Server>,
    folder: Option<Folder>,
    pacts: Vec<(usize, Value)>,
    from_broker: bool,
    publishes: bool,
    run: Option<Run>,
}

pub fn run(scenario: &Scenario) -> Result<bool, String> {
    let mut world = World { folder: Some(Folder::new()), ..World::default() };
    for step in &scenario.steps {
        world.step(step).map_err(|reason| format!("{}: {reason}", step.text))?;
    }
    Ok(true)
}

/// The real response of a row: headers, and the body with its type.
fn reply(row: &Row) -> Reply {
    let status = row.get("response").and_then(|status| status.parse().ok()).unwrap_or(200);
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, values) in row.get("response headers").map(headers).unwrap_or_default() {
        for value in values.as_array().into_iter().flatten() {
            all.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
        }
    }
    let body = row.get("response body").map(|cell| content(cell, row.get("response content"))).unwrap_or_default();
    if let (Some(kind), false) = (&body.kind, all.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"))) {
        all.push(("Content-Type".into(), kind.clone()));
    }
    Reply::Response { status, headers: all, body: body.bytes }
}

impl World {
    fn step(&mut self, step: &Step) -> Result<(), String> {
        if step.has("interactions have been defined") {
            self.defined = step.table.named();
        } else if step.has("a provider is started") {
            self.start(step);
        } else if step.has("a provider state callback is configured") {
            let fails = step.has("return a failure");
            self.state =
                Some(Server::start(move |_: &Request| if fails { Reply::empty(500) } else { Reply::json(200, "{}") }));
        } else if step.has("a Pact file for interaction") {
            self.add_pact(step)?;
        } else if step.has("publishing of verification results is enabled") {
            self.publishes = true;
        } else if step.has("a request filter is configured") {
            let changes = step.table.named().into_iter().next().unwrap_or_default();
            let set: Vec<String> = headers(changes.get("headers").unwrap_or_default())
                .iter()
                .map(|(name, value)| format!("{name} = {}", value[0]))
                .collect();
            let text = format!("[[verify.request-filters]]\nset-headers = {{ {} }}\n", set.join(", "));
            self.folder.as_ref().ok_or("no folder")?.write("counterpart.toml", &text);
        } else if step.has("the verification is run") && !step.has("callback") {
            self.verify()?;
        } else {
            return self.then(step);
        }
        Ok(())
    }

    fn start(&mut self, step: &Step) {
        let changes = step.table.named().into_iter().next().unwrap_or_default();
        let numbers: Vec<usize> = if step.has("responses from interactions") {
            step.quoted()[0].split(',').filter_map(|number| number.trim().parse().ok()).collect()
        } else {
            step.numbers()
        };
        let replies: BTreeMap<String, Reply> = numbers
            .iter()
            .map(|number| {
                let row = &self.defined[number - 1];
                let query = row.get("query").map(|query| format!("?{query}")).unwrap_or_default();
                (format!("{}{query}", row.get("path").unwrap_or("/")), reply(&changed(row, &changes)))
            })
            .collect();
        self.provider = Some(Server::start(move |request: &Request| {
            replies.get(&request.target).cloned().unwrap_or(Reply::empty(404))
        }));
    }

    fn add_pact(&mut self, step: &Step) -> Result<(), String> {
        let number = *step.numbers().first().ok_or("no number")?;
        let row = &self.defined[number - 1];
        let mut interaction = json!({"type": "Synchronous/HTTP", "description": format!("interaction {number}"), "request": request(row), "response": response(row)});
        if step.has("with a provider state") {
            interaction["providerStates"] = json!([{"name": step.quoted()[0]}]);
        } else if step.has("following provider states") {
            let states: Result<Vec<Value>, String> = step
                .table
                .named()
                .iter()
                .map(|row| {
                    let params = row
                        .get("Parameters")
                        .map_or(Ok(json!({})), |text| serde_json::from_str(text).map_err(|error| error.to_string()))?;
                    Ok(json!({"name": row.get("State Name"), "params": params}))
                })
                .collect();
            interaction["providerStates"] = states?.into();
        } else if step.has("following comments") {
            interaction["comments"] = step.table.comments();
        } else if step.has("marked pending") {
            interaction["pending"] = true.into();
        }
        self.from_broker |= step.has("from a Pact broker");
        self.pacts.push((number, interaction));
        Ok(())
    }

    fn verify(&mut self) -> Result<(), String> {
        let folder = self.folder.as_ref().ok_or("no folder")?;
        let provider = self.provider.as_ref().map(|server| server.url.clone()).ok_or("no provider")?;
        let mut arguments: Vec<String> =
            vec!["--provider".into(), provider, "--retries".into(), "0".into(), "--verbose".into()];
        if let Some(state) = &self.state {
            arguments.extend(["--state-url".into(), format!("{}/state", state.url), "--state-teardown".into()]);
        }
        if self.from_broker {
            let broker = broker(&self.pacts);
            arguments.extend(["--broker".into(), broker.url.clone(), "--provider-name".into(), "p".into()]);
            if self.publishes {
                arguments.extend(["--publish".into(), "--provider-version".into(), "1.0.0".into()]);
            }
            self.broker = Some(broker);
        } else {
            for (index, (_, interaction)) in self.pacts.iter().enumerate() {
                let name = format!("pact-{index}.json");
                folder.write(&name, &pact(std::slice::from_ref(interaction)));
                arguments.push(name);
            }
        }
        let borrowed: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.run = Some(folder.verify(&borrowed));
        Ok(())
    }

    fn then(&self, step: &Step) -> Result<(), String> {
        let run = self.run.as_ref().ok_or("the verification was not run")?;
        let told = || format!("exit {}\n{}{}", run.code, run.stdout, run.stderr);
        let quoted = step.quoted();
        let holds = if step.has("verification will be successful") {
            run.code == 0
        } else if step.has("verification will NOT be successful") {
            run.code != 0
        } else if step.has("will contain a \"") && step.has("error")
            || step.has("there will be a pending")
            || step.has("will be printed")
            || step.has("will have been printed")
            || step.has("displayed as the original test name")
        {
            run.stdout.contains(&quoted[0])
        } else if step.has("a warning will be displayed") {
            run.stdout.contains("warning:") && run.stdout.contains(&quoted[0])
        } else if step.has("verification result will NOT be published") {
            self.published().is_empty()
        } else if step.has("verification result will be published") {
            let wanted = step.has("a successful");
            let number = step.numbers()[0];
            self.published().iter().any(|(of, result)| *of == number && result["success"] == wanted)
        } else if step.has("provider state callback") {
            return self.callback(step);
        } else if step.has("the request to the provider will contain the header") {
            let (name, value) = quoted[0].split_once(": ").ok_or("no header")?;
            self.provider.as_ref().ok_or("no provider")?.requests()[0]
                .headers
                .get(&name.to_lowercase())
                .map(String::as_str)
                == Some(value)
        } else {
            return Err("no such step".into());
        };
        if holds { Ok(()) } else { Err(told()) }
    }

    fn callback(&self, step: &Step) -> Result<(), String> {
        let calls: Vec<Value> =
            self.state.as_ref().ok_or("no callback")?.requests().iter().map(Request::json).collect();
        let action = if step.has("teardown") || step.has("called after") { "teardown" } else { "setup" };
        let of_action: Vec<&Value> = calls.iter().filter(|call| call["action"] == action).collect();
        let holds = if step.has("NOT receive") {
            of_action.is_empty()
        } else if step.has("will be called") {
            !of_action.is_empty()
        } else {
            let name = &step.quoted()[0];
            let params = step.table.named().into_iter().next();
            of_action.iter().any(|call| {
                call["state"] == name.as_str()
                    && params.as_ref().is_none_or(|row| {
                        row.0.iter().all(|(key, value)| {
                            serde_json::from_str::<Value>(value).is_ok_and(|value| call["params"][key] == value)
                        })
                    })
            })
        };
        if holds { Ok(()) } else { Err(format!("calls were {calls:?}")) }
    }

    fn published(&self) -> Vec<(usize, Value)> {
        let requests = self.broker.as_ref().map(Server::requests).unwrap_or_default();
        let result = |request: &Request| {
            let number = request.target.strip_prefix("/results/")?.parse().ok()?;
            Some((number, request.json()))
        };
        requests.iter().filter_map(result).collect()
    }
}

fn broker(pacts: &[(usize, Value)]) -> Server {
    let pacts = pacts.to_vec();
    Server::start(move |request: &Request| {
        let entries: Vec<Value> =
            pacts.iter().map(|(number, _)| json!({"_links": {"self": {"href": format!("/pact/{number}")}}})).collect();
        let number = request.target.rsplit('/').next().and_then(|number| number.parse::<usize>().ok());
        match (request.method.as_str(), request.target.as_str()) {
            ("GET", "/") => Reply::json(
                200,
                &json!({"_links": {"pb:provider-pacts-for-verification": {"href": "/for-verification/{provider}"}}})
                    .to_string(),
            ),
            ("POST", "/for-verification/p") => Reply::json(200, &json!({"_embedded": {"pacts": entries}}).to_string()),
            ("GET", _) => match pacts.iter().find(|(known, _)| Some(*known) == number) {
                Some((number, interaction)) => {
                    let mut document: Value =
                        serde_json::from_str(&pact(std::slice::from_ref(interaction))).expect("JSON");
                    document["_links"] =
                        json!({"pb:publish-verification-results": {"href": format!("/results/{number}")}});
                    Reply::json(200, &document.to_string())
                }
                None => Reply::empty(404),
            },
            ("POST", _) => Reply::json(201, "{}"),
            _ => Reply::empty(404),
        }
    })
}
