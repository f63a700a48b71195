//! A client that costs little: HTTP/1.1 on one connection that stays open, and the opening of a WebSocket.

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tvaers_core::client::Device;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::message::{Challenge, SessionAnswer, Token};

/// One connection.
pub(super) struct Client {
    stream: TcpStream,
    address: String,
    session: Option<String>,
    buffer: Vec<u8>,
}

/// An answer, with the lengths of both heads.
pub(super) struct Answer {
    pub(super) body: Vec<u8>,
    pub(super) head_up: usize,
    pub(super) head_down: usize,
}

impl Client {
    pub(super) async fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting; is `ulimit -n` large enough?")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address: address.to_owned(), session: None, buffer: Vec::new() })
    }

    /// Proves which device this is.
    pub(super) async fn open_session(&mut self, device: &Device) -> Result<()> {
        let challenge = Challenge::from_bytes(&self.post("/v1/challenge", &[]).await?.body)?;
        let proof = device.session_request(&challenge).to_bytes();
        let answer = SessionAnswer::from_bytes(&self.post("/v1/session", &proof).await?.body)?;
        self.session = Some(answer.token);
        Ok(())
    }

    pub(super) async fn post(&mut self, path: &str, body: &[u8]) -> Result<Answer> {
        self.request("POST", path, body).await
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Answer> {
        self.request("GET", path, &[]).await
    }

    /// Turns the connection into a live stream that begins after this token.
    pub(super) async fn into_stream(mut self, after: &Token) -> Result<TcpStream> {
        let session = self.session.as_deref().context("a session")?;
        let head = format!(
            "GET /v1/live HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {session}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.address
        );
        self.stream.write_all(head.as_bytes()).await?;
        let (status, ..) = self.read_head().await?;
        ensure!(status == 101, "the live stream was answered with {status}");
        // RFC 6455: final frame, binary, masked with zeros, 48 bytes.
        let tokens = [after.0, after.0].concat();
        self.stream.write_all(&[&[0x82, 0x80 | 48, 0, 0, 0, 0], tokens.as_slice()].concat()).await?;
        Ok(self.stream)
    }

    async fn request(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if let Some(session) = &self.session {
            head.push_str("authorization: Bearer ");
            head.push_str(session);
            head.push_str("\r\n");
        }
        if method == "POST" {
            head.push_str(&format!("content-type: application/cbor\r\ncontent-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        let head_up = head.len();
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.stream.write_all(&bytes).await?;
        let (status, length, head_down) = self.read_head().await?;
        while self.buffer.len() < length {
            self.fill().await?;
        }
        let body = self.buffer.drain(..length).collect();
        if status != 200 {
            bail!("{path} was answered with {status}");
        }
        Ok(Answer { body, head_up, head_down })
    }

    /// Status, length of the body, length of the head.
    async fn read_head(&mut self) -> Result<(u16, usize, usize)> {
        let end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.fill().await?;
        };
        let head: Vec<u8> = self.buffer.drain(..end).collect();
        let head = std::str::from_utf8(&head)?;
        let status = head.get(9..12).context("a status")?.parse()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(Ok(0), str::parse)?;
        Ok((status, length, end))
    }

    async fn fill(&mut self) -> Result<()> {
        self.buffer.reserve(4096);
        ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the relay ended the connection");
        Ok(())
    }
}
