//! Services and RPCs.

use crate::formats::protobuf::model::{
    Comments, Extent, Features, IdempotencyLevel, Options, Rpc, RpcType, Service, Text,
};
use crate::formats::protobuf::parse::OptionTarget;
use crate::formats::protobuf::parse::cursor::{Parser, Step};

impl Parser<'_> {
    /// A service whose keyword is next.
    pub(super) fn service(&mut self, comments: Comments) -> Step {
        let start = self.bump().extent.start;
        let name = self.expect_name("a name", "`service`")?;
        let opened = self.token.extent;
        self.expect_symbol(b'{', "`service`")?;
        let comments = Comments { trailing: self.comments.trailing, ..comments };
        let index = self.file.services.len() as u32;
        let first = self.file.rpcs.len() as u32;
        let mut settings = Vec::new();
        self.block(opened, "service", |parser| {
            if parser.at_word("option") {
                settings.push(parser.option_statement()?);
                Ok(())
            } else if parser.at_word("rpc") {
                parser.rpc(index)
            } else {
                Err(parser.unexpected("`rpc` or `option`", "`service`"))
            }
        });
        self.keep_options(OptionTarget::Service(index), settings);
        let rpcs = first..self.file.rpcs.len() as u32;
        self.file.services.push(Service {
            name,
            full_name: Text::default(),
            rpcs,
            options: Options::default(),
            features: Features::defaults(self.file.syntax),
            extent: self.since(start),
            comments,
        });
        Ok(())
    }

    fn rpc(&mut self, parent: u32) -> Step {
        let comments = self.comments;
        let start = self.bump().extent.start;
        let name = self.expect_name("a name", "`rpc`")?;
        let request = self.rpc_type()?;
        if self.take_word("returns").is_none() {
            return Err(self.unexpected("`returns`", "`rpc`"));
        }
        let response = self.rpc_type()?;
        let opened = self.token.extent;
        let mut settings = Vec::new();
        let mut ended = Ok(());
        let trailing;
        if self.take_symbol(b'{') {
            trailing = self.comments.trailing;
            self.block(opened, "rpc", |parser| {
                if parser.at_word("option") {
                    settings.push(parser.option_statement()?);
                    return Ok(());
                }
                Err(parser.unexpected("`option`", "`rpc`"))
            });
        } else {
            ended = self.end_statement("rpc");
            trailing = self.comments.trailing;
        }
        self.keep_options(OptionTarget::Rpc(self.file.rpcs.len() as u32), settings);
        self.file.rpcs.push(Rpc {
            name,
            parent,
            request,
            response,
            idempotency: IdempotencyLevel::Unknown,
            options: Options::default(),
            features: Features::defaults(self.file.syntax),
            extent: self.since(start),
            comments: Comments { trailing, ..comments },
        });
        ended
    }

    /// `(stream Name)`
    fn rpc_type(&mut self) -> Step<RpcType> {
        self.expect_symbol(b'(', "`rpc`")?;
        let mut stream_extent = Extent::NONE;
        let (text, extent) = if self.at_word("stream") {
            let word = self.bump().extent;
            if self.at_symbol(b')') || (self.at_symbol(b'.') && word.end == self.token.extent.start) {
                // A message that is called `stream`, or in a package of that name.
                self.dotted_rest(word.start, "`rpc`")?
            } else {
                stream_extent = word;
                self.expect_dotted("the name of a message", "`rpc`", true)?
            }
        } else {
            self.expect_dotted("the name of a message", "`rpc`", true)?
        };
        self.expect_symbol(b')', "`rpc`")?;
        Ok(RpcType { text, message: None, is_stream: !stream_extent.is_none(), extent, stream_extent })
    }
}
