//! A span that has ended, and the context that crosses from one program to the next.

use std::time::SystemTime;

use crate::registry::http::trace::settings::Sampler;

/// Something that took time.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) context: Context,
    pub(crate) parent: Option<[u8; 8]>,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
    pub(crate) attributes: Vec<(String, Value)>,
    /// Whether it went wrong on our side.
    pub(crate) is_error: bool,
}

/// Which trace a span belongs to, and which span of it it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    /// Whether somebody before us decided that the trace is kept.
    pub(crate) is_sampled: bool,
}

/// How a span stands to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Internal = 1,
    Server = 2,
    Client = 3,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Whole(i64),
    Real(f64),
    Truth(bool),
}

impl Context {
    /// The beginning of a trace, for a span whose context is needed before it ends.
    pub(crate) fn begin(sampler: Sampler) -> Self {
        let trace = rand::random();
        Self { trace, span: rand::random(), is_sampled: sampler.keeps(trace, None) }
    }

    /// The `traceparent` header that tells others of this span.
    pub(crate) fn header(self) -> String {
        format!("00-{}-{}-0{}", hex::encode(self.trace), hex::encode(self.span), u8::from(self.is_sampled))
    }

    /// Reads a `traceparent` header; `None` where it is not one.
    // W3C Trace Context §3.2: version, trace, span, flags; later versions may append more.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let mut parts = header.trim().split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        let is_readable = version.len() == 2
            && version != "ff"
            && flags.len() == 2
            && (version != "00" || parts.next().is_none())
            && [version, trace, span, flags].into_iter().all(is_plain);
        if !is_readable {
            return None;
        }
        let mut context = Self { trace: [0; 16], span: [0; 8], is_sampled: false };
        hex::decode_to_slice(trace, &mut context.trace).ok()?;
        hex::decode_to_slice(span, &mut context.span).ok()?;
        context.is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        // All zeros is nobody.
        (context.trace != [0; 16] && context.span != [0; 8]).then_some(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_read_from_its_header_and_from_nothing_else() {
        let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = Context::parse(header).expect("the example of the specification");
        assert_eq!(context.header(), header);
        assert_eq!((hex::encode(context.span), context.is_sampled), ("00f067aa0ba902b7".into(), true));
        assert!(Context::parse(&header.replace("-01", "-00")).is_some_and(|context| !context.is_sampled));
        assert!(Context::parse(&format!("cc{}-later", &header[2..])).is_some());
        for odd in [
            "",
            "00-x",
            &header.replace("4bf92f35", "4BF92F35"),
            &header.replace("00f067aa0ba902b7", "0000000000000000"),
            &format!("ff{}", &header[2..]),
            &format!("{header}-more"),
            &header[..50],
        ] {
            assert_eq!(Context::parse(odd), None, "{odd}");
        }
    }
}
