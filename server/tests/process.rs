//! The binary: what it prints, what it logs, how it fails, and what it does not depend on.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use support::relay::Client;
use support::*;
use tvaers_wire::codec::Canonical;
use tvaers_wire::message::*;

fn relay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tvaers-relay"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn listening(child: &mut Child) -> (String, BufReader<std::process::ChildStdout>) {
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json.as_object().unwrap().len(), 1);
    (json["listening"].as_str().unwrap().to_owned(), stdout)
}

fn stop(mut child: Child) -> (std::process::ExitStatus, String) {
    let id = child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    let status = child.wait().unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    (status, stderr)
}

#[tokio::test(flavor = "multi_thread")]
async fn prints_one_line_logs_json_without_ids_and_stops_when_asked() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let data = dir.path().to_str().unwrap();
    let authority = hex(&town.authority.to_bytes());
    let mut child = relay(&["--listen", "127.0.0.1:0", "--data", data, "--authority", &authority])
        .env("TVAERS_LOG", "trace")
        .spawn()
        .unwrap();
    let (address, mut stdout) = listening(&mut child);
    let anna = town.device(person());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = format!("http://{address}");
    let mut a = Client { device: &anna, base, http, token: String::new(), address: address.parse().unwrap() };
    let challenge: Challenge = a.post("/v1/challenge", vec![]).await.unwrap();
    let signature = sign_session(&anna, &challenge.challenge);
    let certificate = anna.certificate.clone();
    let request = SessionRequest { version: 1, certificate, challenge: challenge.challenge, signature };
    a.token = a.post::<SessionAnswer>("/v1/session", request.to_bytes()).await.unwrap().token;
    let circle = own_circle(&anna);
    let chunk = Pen::new(&anna, &circle).write(&anna);
    a.push(vec![circle.item(), chunk.item()]).await;
    a.chunks().await;
    assert_eq!(a.past(circle.circle).await.len(), 1);
    let token = a.token.clone();
    drop(a);
    let (status, stderr) = stop(child);
    assert!(status.success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "one line on stdout");
    assert!(!stderr.is_empty());
    for line in stderr.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "not JSON: {line}");
    }
    let secrets = [anna.id.to_hex(), anna.person.to_hex(), circle.circle.to_hex(), chunk.id.to_hex(), token, authority];
    for secret in secrets {
        assert!(!stderr.contains(&secret), "a whole id or token in the log");
    }
}

#[test]
fn a_taken_port_is_one_sentence_and_exit_code_one() {
    let (one, two, town) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Town::new());
    let authority = hex(&town.authority.to_bytes());
    let data = one.path().to_str().unwrap();
    let mut child = relay(&["--listen", "127.0.0.1:0", "--data", data, "--authority", &authority]).spawn().unwrap();
    let (address, _stdout) = listening(&mut child);
    let second = relay(&["--listen", &address, "--data", two.path().to_str().unwrap()]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    let stderr = String::from_utf8(second.stderr).unwrap();
    assert!(stderr.trim_end().lines().count() == 1 && stderr.contains("cannot listen on"), "{stderr}");
    assert!(second.stdout.is_empty());
    let third = relay(&["--listen", "127.0.0.1:0", "--data", data]).output().unwrap();
    assert!(String::from_utf8(third.stderr).unwrap().contains("another relay"));
    stop(child);
}

#[test]
fn another_authority_or_a_bad_key_is_refused() {
    let (dir, town) = (tempfile::tempdir().unwrap(), Town::new());
    let data = dir.path().to_str().unwrap();
    let run = |authority: &str| relay(&["--listen", "127.0.0.1:0", "--data", data, "--authority", authority]);
    let mut child = run(&hex(&town.authority.to_bytes())).spawn().unwrap();
    let (_, stdout) = listening(&mut child);
    stop(child);
    drop(stdout);
    let other = run(&hex(&Town::new().authority.to_bytes())).output().unwrap();
    assert_eq!(other.status.code(), Some(1));
    assert!(String::from_utf8(other.stderr).unwrap().contains("another authority"));
    for bad in ["", "zz", "00", "8240"] {
        assert!(!run(bad).output().unwrap().status.success());
    }
}

#[test]
fn the_relay_does_not_depend_on_what_opens_records() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--manifest-path",
            manifest,
        ])
        .args(["--package", "tvaers-relay"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.contains("tvaers-wire"));
    for foreign in ["tvaers-core", "automerge", "hpke"] {
        assert!(!tree.lines().any(|line| line.starts_with(&format!("{foreign} "))), "{foreign}");
    }
}
