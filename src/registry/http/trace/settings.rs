//! What the standard environment variables say.

use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::registry::http::trace::span::Context;

/// How traces are made and where they go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TraceSettings {
    /// The whole address.
    pub(crate) endpoint: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) timeout: Duration,
    /// JSON in the place of protobuf.
    pub(crate) is_json: bool,
    pub(crate) sampler: Sampler,
    /// `service.name` and what else says who we are.
    pub(crate) resource: Vec<(String, String)>,
    /// How long spans wait for others at most.
    pub(crate) delay: Duration,
    /// How many wait at most; more are dropped.
    pub(crate) queue: usize,
    /// How many are sent at once at most.
    pub(crate) batch: usize,
}

/// Which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sampler {
    /// Whether the one who called us decides.
    pub(crate) asks_parent: bool,
    /// The share of the traces that begin here.
    pub(crate) share: f64,
}

impl Sampler {
    /// Whether a trace is kept.
    pub(crate) fn keeps(self, trace: [u8; 16], parent: Option<Context>) -> bool {
        if let Some(parent) = parent.filter(|_| self.asks_parent) {
            return parent.is_sampled;
        }
        // The same decision in every program that sees the trace: the last seven bytes are random.
        let low = trace[9..].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        // Compared as whole numbers: the largest of these is rounded up as a fraction.
        low < (self.share * (1_u64 << 56) as f64) as u64
    }
}

impl TraceSettings {
    /// Reads the variables; `None` where nobody asked for traces. With remarks on what is not understood.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> (Option<Self>, Vec<String>) {
        let mut remarks = Vec::new();
        let get = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let either = |name: &str| {
            get(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}")).or_else(|| get(&format!("OTEL_EXPORTER_OTLP_{name}")))
        };
        if get("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return (None, remarks);
        }
        let is_wanted = match get("OTEL_TRACES_EXPORTER").as_deref() {
            Some("otlp") => true,
            Some("none") => return (None, remarks),
            Some(other) => {
                remarks.push(format!("OTEL_TRACES_EXPORTER={other} is not known here; known are otlp and none"));
                return (None, remarks);
            }
            None => either("ENDPOINT").is_some(),
        };
        if !is_wanted {
            return (None, remarks);
        }
        // The address for traces alone is taken as it is; the common one is extended.
        let endpoint = get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").unwrap_or_else(|| {
            let base = get("OTEL_EXPORTER_OTLP_ENDPOINT").unwrap_or_else(|| "http://localhost:4318".to_owned());
            format!("{}/v1/traces", base.trim_end_matches('/'))
        });
        let is_json = match either("PROTOCOL").as_deref() {
            Some("http/json") => true,
            // A collector listens for gRPC on another port: requests sent there would be lost one by one.
            Some("grpc") => {
                remarks.push(
                    "no traces are sent: OTEL_EXPORTER_OTLP_PROTOCOL=grpc, and only http/protobuf and http/json are \
                     spoken here; set http/protobuf, and as the endpoint the collector's port for HTTP (usually 4318)"
                        .to_owned(),
                );
                return (None, remarks);
            }
            None | Some("http/protobuf") => false,
            Some(other) => {
                remarks.push(format!("OTEL_EXPORTER_OTLP_PROTOCOL={other} is not known here; http/protobuf is used"));
                false
            }
        };
        let mut number = |name: &str, default: u64| match get(name).map(|text| (text.parse(), text)) {
            None => default,
            Some((Ok(number), _)) => number,
            Some((Err(_), text)) => {
                remarks.push(format!("{name}={text} is not a number; {default} is used"));
                default
            }
        };
        let timeout = if get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").is_some() {
            number("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", 10_000)
        } else {
            number("OTEL_EXPORTER_OTLP_TIMEOUT", 10_000)
        };
        let delay = number("OTEL_BSP_SCHEDULE_DELAY", 5_000);
        let queue = number("OTEL_BSP_MAX_QUEUE_SIZE", 2_048).clamp(1, 1 << 20) as usize;
        let batch = number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512).clamp(1, queue as u64) as usize;
        let sampler = sampler(get("OTEL_TRACES_SAMPLER"), get("OTEL_TRACES_SAMPLER_ARG"), &mut remarks);
        let mut resource = pairs(get("OTEL_RESOURCE_ATTRIBUTES").as_deref());
        if let Some(name) = get("OTEL_SERVICE_NAME") {
            resource.retain(|(key, _)| key != "service.name");
            resource.push(("service.name".into(), name));
        }
        for (key, value) in [("service.name", "counterpart"), ("service.version", env!("CARGO_PKG_VERSION"))] {
            if !resource.iter().any(|(known, _)| known == key) {
                resource.push((key.into(), value.into()));
            }
        }
        let settings = Self {
            endpoint,
            headers: pairs(either("HEADERS").as_deref()),
            timeout: Duration::from_millis(timeout),
            is_json,
            sampler,
            resource,
            delay: Duration::from_millis(delay),
            queue,
            batch,
        };
        (Some(settings), remarks)
    }
}

fn sampler(name: Option<String>, argument: Option<String>, remarks: &mut Vec<String>) -> Sampler {
    let name = name.unwrap_or_else(|| "parentbased_always_on".into());
    let (asks_parent, rest) = match name.strip_prefix("parentbased_") {
        Some(rest) => (true, rest),
        None => (false, name.as_str()),
    };
    let share = match rest {
        "always_on" => 1.0,
        "always_off" => 0.0,
        "traceidratio" => {
            let share = argument.as_deref().map_or(Ok(1.0), str::parse::<f64>);
            share.ok().filter(|share| (0.0..=1.0).contains(share)).unwrap_or_else(|| {
                remarks.push("OTEL_TRACES_SAMPLER_ARG is not a number from 0 to 1; 1 is used".into());
                1.0
            })
        }
        _ => {
            remarks.push(format!("OTEL_TRACES_SAMPLER={name} is not known here; parentbased_always_on is used"));
            return Sampler { asks_parent: true, share: 1.0 };
        }
    };
    Sampler { asks_parent, share }
}

/// `key=value,key=value`, percent-encoded.
fn pairs(text: Option<&str>) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    let parts = text.unwrap_or_default().split(',');
    parts.filter_map(|part| part.split_once('=')).map(|(key, value)| (decode(key), decode(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Option<TraceSettings>, Vec<String>) {
        TraceSettings::read(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_sent_unless_somebody_says_where_to() {
        assert_eq!(read(&[]).0, None);
        assert_eq!(read(&[("OTEL_SERVICE_NAME", "x")]).0, None);
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/");
        assert_eq!(read(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]).0, None);
        assert_eq!(read(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]).0, None);
        let (odd, remarks) = read(&[endpoint, ("OTEL_TRACES_EXPORTER", "zipkin")]);
        assert_eq!((odd, remarks.len()), (None, 1));
        assert_eq!(read(&[endpoint]).0.expect("on").endpoint, "http://c:4318/v1/traces");
        let both = [endpoint, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/x")];
        assert_eq!(read(&both).0.expect("on").endpoint, "http://t/x");
        let standard = read(&[("OTEL_TRACES_EXPORTER", "otlp")]).0.expect("on");
        assert_eq!(standard.endpoint, "http://localhost:4318/v1/traces");
    }

    #[test]
    fn over_grpc_nothing_is_sent_and_it_is_said_what_to_set() {
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
        let (settings, remarks) = read(&[endpoint, ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc")]);
        assert_eq!(settings, None);
        assert!(remarks[0].contains("http/protobuf") && remarks[0].contains("4318"), "{remarks:?}");
    }

    #[test]
    fn headers_resource_and_limits_are_read_and_mistakes_are_told() {
        let (settings, remarks) = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x=1"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/xml"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "soon"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=prod,service.name=overridden"),
            ("OTEL_SERVICE_NAME", "registry"),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ]);
        let settings = settings.expect("on");
        assert_eq!(settings.headers, [("api-key".into(), "a b".into()), ("x".into(), "1".into())]);
        assert_eq!((settings.timeout, settings.delay), (Duration::from_secs(10), Duration::from_millis(10)));
        let resource: Vec<_> = settings.resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(resource[..2], ["deployment.environment=prod", "service.name=registry"]);
        assert_eq!(remarks.len(), 3, "{remarks:?}");
    }

    #[test]
    fn a_share_of_the_traces_is_kept_and_a_caller_may_decide() {
        let (settings, _) = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ]);
        let sampler = settings.expect("on").sampler;
        let trace = |byte: u8| [byte; 16];
        assert!(sampler.keeps(trace(0x3F), None) && !sampler.keeps(trace(0x40), None));
        let parent = Context { trace: trace(0xFF), span: [1; 8], is_sampled: true };
        assert!(sampler.keeps(trace(0xFF), Some(parent)));
        assert!(!Sampler { asks_parent: true, share: 0.0 }.keeps(trace(0), None));
        assert!(Sampler { asks_parent: false, share: 1.0 }.keeps(trace(0xFF), None));
    }
}
