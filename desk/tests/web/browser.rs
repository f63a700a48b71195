//! A browser of twenty lines: one request, one answer, every header as the test wants it.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The one value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }

    /// The value of the first hidden field with this name.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.body.split_once(&start).unwrap_or_else(|| panic!("no field {name}"));
        rest.split('"').next().unwrap().to_owned()
    }

    pub(crate) fn has(&self, words: &str) -> bool {
        self.body.contains(words)
    }
}

/// Sends one request with exactly these headers.
pub(crate) async fn raw(address: SocketAddr, start: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut request = format!("{start} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    // A desk that refuses a body by its length answers and closes before it has all been sent.
    let _ = stream.write_all(format!("{request}\r\n{body}").as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

/// A browser with a session.
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    pub(crate) host: String,
    pub(crate) cookie: String,
}

impl Browser {
    /// Opens a printed link.
    pub(crate) async fn enter(link: &str) -> Self {
        let (host, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let address = host.parse().unwrap();
        let answer = raw(address, &format!("GET /{path}"), &[("Host", host)], "").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")));
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self { address, host: host.to_owned(), cookie }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        raw(self.address, &format!("GET {path}"), &[("Host", &self.host), ("Cookie", &self.cookie)], "").await
    }

    /// Sends a form as browsers do under our referrer policy.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
        self.post_with(path, fields, &headers).await
    }

    /// Sends a form with these headers beside host, cookie and type.
    pub(crate) async fn post_with(&self, path: &str, fields: &[(&str, &str)], more: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields.iter().map(|(key, value)| format!("{key}={}", encoded(value))).collect();
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let headers = [&[("Host", self.host.as_str()), ("Cookie", &self.cookie), kind], more].concat();
        raw(self.address, &format!("POST {path}"), &headers, &body.join("&")).await
    }
}

fn encoded(value: &str) -> String {
    value.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
