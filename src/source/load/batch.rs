//! One long-lived `git cat-file --batch`, through which all blobs of a tree are read.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Arc;

use crate::source::load::failure::MAX_FILE_BYTES;
use crate::source::load::repository::Repository;

/// What git answered to one question.
pub(crate) enum Answer {
    /// A file and its bytes.
    Blob(Arc<[u8]>),
    /// There is no such object, or it is a directory, or a link that leads nowhere or out of the repository.
    Missing,
    /// A file of this size, too large to be read.
    TooLarge(u64),
}

/// The process with its two pipes.
#[derive(Debug)]
pub(crate) struct Batch {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Batch {
    /// Starts the process.
    pub(crate) fn start(repository: &Repository) -> io::Result<Self> {
        let mut child = repository
            .command()
            .args(["cat-file", "--batch", "--follow-symlinks"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("git gave no pipe"))?;
        Ok(Self { child, stdin, stdout: BufReader::with_capacity(1 << 16, stdout) })
    }

    /// Reads objects: ids, or `REV:path` (links in it are followed by git). One answer per question, in order.
    ///
    /// Questions are written from a second thread: git stops reading them while nobody takes its answers.
    pub(crate) fn read(&mut self, questions: &[String]) -> io::Result<Vec<Answer>> {
        let mut text = String::with_capacity(questions.iter().map(|question| question.len() + 1).sum());
        for question in questions {
            debug_assert!(!question.contains('\n'), "a line break would be a second question");
            text.push_str(question);
            text.push('\n');
        }
        let mut stdin = self.stdin.take().ok_or_else(|| io::Error::other("git stopped answering"))?;
        let stdout = &mut self.stdout;
        let (stdin, answers) = std::thread::scope(|scope| {
            let writer =
                scope.spawn(move || stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).map(|()| stdin));
            let answers: io::Result<Vec<Answer>> = questions.iter().map(|_| read_answer(stdout)).collect();
            let stdin = writer.join().unwrap_or_else(|_| Err(io::Error::other("the writer of questions failed")));
            (stdin, answers)
        });
        let answers = answers?;
        // Kept only after a complete exchange; after a partial one the answers would belong to other questions.
        self.stdin = Some(stdin?);
        Ok(answers)
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        // Without its input the process ends by itself; waiting leaves no zombie behind.
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_answer(stdout: &mut BufReader<ChildStdout>) -> io::Result<Answer> {
    let mut header = Vec::new();
    stdout.read_until(b'\n', &mut header)?;
    if header.pop() != Some(b'\n') {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "git ended early"));
    }
    let header = String::from_utf8_lossy(&header);
    if header.ends_with(" missing") || header.ends_with(" ambiguous") {
        return Ok(Answer::Missing);
    }
    let mut words = header.rsplit(' ');
    let size: u64 = words
        .next()
        .and_then(|size| size.parse().ok())
        .ok_or_else(|| io::Error::other(format!("git gave an answer that makes no sense: {header}")))?;
    let is_blob = words.next() == Some("blob");
    if !is_blob || size > MAX_FILE_BYTES {
        io::copy(&mut stdout.by_ref().take(size + 1), &mut io::sink())?;
        return Ok(if is_blob { Answer::TooLarge(size) } else { Answer::Missing });
    }
    // Filled in place: a copy of every blob would be a tenth of the whole time on a large repository.
    let mut bytes: Arc<[u8]> = std::iter::repeat_n(0, size as usize).collect();
    if let Some(bytes) = Arc::get_mut(&mut bytes) {
        stdout.read_exact(bytes)?;
    }
    stdout.read_exact(&mut [0])?;
    Ok(Answer::Blob(bytes))
}
