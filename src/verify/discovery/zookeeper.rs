//! Nodes of ZooKeeper, as Curator's service discovery writes them.
//!
//! Three requests of its protocol are all that is needed. The clients on crates.io bring a second asynchronous runtime and
//! fifty crates, or end the process on an answer that they do not expect.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::verify::discovery::{MAX_INSTANCES, Manner, authority, entry};

/// The longest packet that is read: what servers allow by default is a megabyte.
const MAX_PACKET: usize = 4 << 20;

const CLOSE: i32 = -11;
const GET_DATA: i32 = 4;
const GET_CHILDREN: i32 = 8;

/// The instances that a node's children name, by their data or by their own names; without children the node itself.
pub(super) async fn instances(address: &Url, manner: &Manner) -> Result<Vec<Url>, String> {
    let path = address.path().trim_end_matches('/');
    if path.is_empty() {
        return Err("write the node as the path: zookeeper://host:2181/services/orders".into());
    }
    let mut session = Session::open(&authority(address, 2181)?).await?;
    let mut children = session.children(path).await.map_err(|failure| failure.of(path))?;
    children.sort();
    children.truncate(MAX_INSTANCES);
    let mut found = Vec::new();
    for child in &children {
        let data = match session.data(&format!("{path}/{child}")).await {
            Ok(data) => data,
            // A node that went away in between is an instance that did.
            Err(Failure::Code(NO_NODE)) => continue,
            Err(failure) => return Err(failure.of(child)),
        };
        found.extend(entry::read(&String::from_utf8_lossy(&data), manner).or_else(|| entry::read(child, manner)));
    }
    if children.is_empty() {
        let data = session.data(path).await.map_err(|failure| failure.of(path))?;
        found.extend(entry::read(&String::from_utf8_lossy(&data), manner));
    }
    session.close().await;
    Ok(found)
}

const NO_NODE: i32 = -101;
const NO_AUTH: i32 = -102;

/// Why a request has no answer.
enum Failure {
    /// The server says so.
    Code(i32),
    /// The connection or what came over it is broken.
    Broken(String),
}

impl Failure {
    fn of(self, node: &str) -> String {
        match self {
            Self::Code(NO_NODE) => format!("there is no node `{node}`"),
            Self::Code(NO_AUTH) => format!("the node `{node}` may not be read without authentication"),
            Self::Code(code) => format!("the node `{node}` could not be read (ZooKeeper's error {code})"),
            Self::Broken(reason) => reason,
        }
    }
}

/// A connection with a session: requests are answered in their order.
struct Session {
    stream: TcpStream,
    last: i32,
}

impl Session {
    async fn open(authority: &str) -> Result<Self, String> {
        let stream =
            TcpStream::connect(authority).await.map_err(|error| format!("it cannot be connected to: {error}"))?;
        let mut session = Self { stream, last: 0 };
        let mut request = Vec::new();
        put(&mut request, 0); // version of the protocol
        request.extend_from_slice(&0_i64.to_be_bytes()); // nothing was seen before
        put(&mut request, 30_000); // milliseconds until the session is forgotten
        request.extend_from_slice(&0_i64.to_be_bytes()); // a new session
        put_bytes(&mut request, &[0; 16]); // its password
        session.write(&request).await.map_err(|failure| failure.of("/"))?;
        let answer = session.read().await.map_err(|failure| failure.of("/"))?;
        let mut answer = Answer(&answer);
        let accepted = (answer.number(), answer.number());
        match accepted {
            (Ok(_), Ok(1..)) => Ok(session),
            _ => Err("it does not answer as ZooKeeper does".into()),
        }
    }

    async fn children(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        let packet = self.ask(GET_CHILDREN, path).await?;
        let mut answer = Answer(&packet[HEADER..]);
        let count = answer.number()?;
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(String::from_utf8_lossy(answer.bytes()?).into_owned());
        }
        Ok(names)
    }

    async fn data(&mut self, path: &str) -> Result<Vec<u8>, Failure> {
        let packet = self.ask(GET_DATA, path).await?;
        Answer(&packet[HEADER..]).bytes().map(<[u8]>::to_vec)
    }

    /// Asks for something of a node, without watching it. The answer has its header and no error in it.
    async fn ask(&mut self, kind: i32, path: &str) -> Result<Vec<u8>, Failure> {
        self.last += 1;
        let mut request = Vec::new();
        put(&mut request, self.last);
        put(&mut request, kind);
        put_bytes(&mut request, path.as_bytes());
        request.push(0);
        self.write(&request).await?;
        let packet = self.read().await?;
        let mut answer = Answer(&packet);
        let (id, _, code) = (answer.number()?, answer.take(8)?, answer.number()?);
        match code {
            _ if id != self.last => Err(Failure::Broken("it answers what was not asked".into())),
            0 => Ok(packet),
            code => Err(Failure::Code(code)),
        }
    }

    /// Ends the session, so that the server need not wait until it is too old. That it is heard is not important.
    async fn close(mut self) {
        let mut request = Vec::new();
        put(&mut request, self.last + 1);
        put(&mut request, CLOSE);
        let _ = self.write(&request).await;
    }

    async fn write(&mut self, packet: &[u8]) -> Result<(), Failure> {
        let mut bytes = Vec::with_capacity(packet.len() + 4);
        put_bytes(&mut bytes, packet);
        self.stream.write_all(&bytes).await.map_err(|error| lost(&error))
    }

    async fn read(&mut self) -> Result<Vec<u8>, Failure> {
        let length = self.stream.read_i32().await.map_err(|error| lost(&error))?;
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= MAX_PACKET)
            .ok_or_else(|| Failure::Broken("it does not answer as ZooKeeper does".into()))?;
        let mut packet = vec![0; length];
        self.stream.read_exact(&mut packet).await.map_err(|error| lost(&error))?;
        Ok(packet)
    }
}

/// The id of the request, the last transaction, and the error.
const HEADER: usize = 16;

fn lost(error: &std::io::Error) -> Failure {
    Failure::Broken(format!("the connection was lost: {error}"))
}

fn put(packet: &mut Vec<u8>, number: i32) {
    packet.extend_from_slice(&number.to_be_bytes());
}

/// With the length before it; no path is longer than an `i32` can say.
fn put_bytes(packet: &mut Vec<u8>, bytes: &[u8]) {
    put(packet, i32::try_from(bytes.len()).unwrap_or(i32::MAX));
    packet.extend_from_slice(bytes);
}

/// What is left of a packet.
struct Answer<'p>(&'p [u8]);

impl<'p> Answer<'p> {
    fn take(&mut self, length: usize) -> Result<&'p [u8], Failure> {
        let (taken, rest) =
            self.0.split_at_checked(length).ok_or_else(|| Failure::Broken("its answer is cut short".into()))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<i32, Failure> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(i32::from_be_bytes(bytes))
    }

    /// Bytes after their length; none where the length is negative.
    fn bytes(&mut self) -> Result<&'p [u8], Failure> {
        let length = usize::try_from(self.number()?).unwrap_or(0);
        self.take(length)
    }
}
