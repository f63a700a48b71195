//! Whom the desk refuses (attacks, row 47).

use std::sync::atomic::Ordering;

use crate::browser::raw;
use crate::town::{Town, observation};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

#[tokio::test]
async fn every_answer_wears_the_policy() {
    let town = Town::new().await;
    let browser = town.browser().await;
    for path in ["/", "/soeg", "/lagt-til-side", "/desk.css", "/nowhere", "/ind/0", "/registrering/x"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.header("content-security-policy"), Some(POLICY), "{path}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(!answer.has("<script") && !answer.has(" style="), "{path}");
    }
}

#[tokio::test]
async fn a_foreign_name_for_this_address_is_refused() {
    let town = Town::new().await;
    let browser = town.browser().await;
    let port = browser.address.port();
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    for host in &own {
        let answer = raw(browser.address, "GET /", &[("Host", host), ("Cookie", &browser.cookie)], "").await;
        assert_eq!(answer.status, 200, "{host}");
    }
    let other = port.wrapping_add(1);
    let foreign = ["evil.example", "127.0.0.1", "localhost", "0.0.0.0", "", "127.0.0.1:80", "localhost.evil.example"];
    let mut foreign: Vec<String> = foreign.into_iter().map(str::to_owned).collect();
    foreign.extend([format!("evil.example:{port}"), format!("127.0.0.1:{other}"), format!("LOCALHOST:{port}.")]);
    for host in &foreign {
        for path in ["GET /", "GET /desk.css", "GET /ind/0"] {
            let answer = raw(browser.address, path, &[("Host", host), ("Cookie", &browser.cookie)], "").await;
            assert_eq!(answer.status, 421, "{path} {host}");
        }
    }
    let twice = [("Host", own[0].as_str()), ("Host", "evil.example"), ("Cookie", &browser.cookie)];
    assert_ne!(raw(browser.address, "GET /", &twice, "").await.status, 200);
    assert_ne!(raw(browser.address, "GET /", &[("Cookie", &browser.cookie)], "").await.status, 200);
}

#[tokio::test]
async fn without_the_cookie_nothing_is_shown_and_nothing_done() {
    let town = Town::new().await;
    let record = town.arrives(observation("Blev hentet sent")).await.to_hex();
    let mut browser = town.browser().await;
    let csrf = browser.get("/").await.field("csrf");
    let port = browser.address.port();
    let foreign = format!("tvaers-desk-{port}={}", "0".repeat(64));
    let other_port = browser.cookie.replace(&port.to_string(), "1");
    for cookie in ["", "tvaers-desk=x", foreign.as_str(), other_port.as_str()] {
        browser.cookie = cookie.to_owned();
        for path in ["/", "/soeg", "/lagt-til-side", &format!("/registrering/{record}"), "/nowhere"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, 401, "{path}");
            assert!(!answer.has("Blev hentet") && !answer.has("Asta"));
        }
        assert_eq!(browser.post(&format!("/laes/{record}"), &[("csrf", &csrf)]).await.status, 401);
    }
    assert_eq!(town.desk.standing().unwrap().unread, 1);
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
    let town = Town::new().await;
    let link = town.served.one_time_link.clone();
    let (host, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let answer = raw(town.served.address, &format!("GET /{path}"), &[("Host", host)], "").await;
    let cookie = answer.header("set-cookie").unwrap();
    let (_, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/");
    assert!(cookie.starts_with(&format!("tvaers-desk-{}=", town.served.address.port())));
}

#[tokio::test]
async fn a_link_works_once_for_a_minute_and_for_a_person_only() {
    let town = Town::new().await;
    let open = async |link: &str, method: &str, more: &[(&str, &str)]| {
        let (host, path) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let headers = [&[("Host", host)], more].concat();
        raw(town.served.address, &format!("{method} /{path}"), &headers, "").await
    };
    let link = town.served.new_link();
    assert_ne!(open(&link, "HEAD", &[]).await.status, 303);
    assert_eq!(open(&link, "GET", &[("Sec-Purpose", "prefetch;prerender")]).await.status, 403);
    assert_eq!(open(&link, "GET", &[]).await.status, 303, "neither of the two has spent it");
    let again = open(&link, "GET", &[]).await;
    assert_eq!((again.status, again.header("set-cookie")), (403, None));
    assert!(again.has("én gang"));
    let late = town.served.new_link();
    town.clock.fetch_add(60_001, Ordering::SeqCst);
    assert_eq!(open(&late, "GET", &[]).await.status, 403);
    let wrong = format!("http://{}/ind/{}", town.served.address, "ab".repeat(32));
    assert_eq!(open(&wrong, "GET", &[]).await.status, 403);
}

#[tokio::test]
async fn a_form_from_elsewhere_changes_nothing() {
    let town = Town::new().await;
    let record = town.arrives(observation("Blev hentet sent")).await;
    let browser = town.browser().await;
    let csrf = browser.get("/").await.field("csrf");
    let path = format!("/laes/{}", record.to_hex());
    let own = format!("http://{}", browser.host);
    let foreign: [&[(&str, &str)]; 9] = [
        &[],
        &[("Origin", "null")],
        &[("Origin", "http://evil.example")],
        &[("Origin", "http://127.0.0.1:1")],
        &[("Origin", &own), ("Sec-Fetch-Site", "cross-site")],
        &[("Origin", &own), ("Sec-Fetch-Site", "same-site")],
        &[("Origin", &own), ("Sec-Fetch-Site", "none")],
        &[("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-origin")],
        &[("Origin", &own), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-origin")],
    ];
    for headers in foreign {
        assert_eq!(browser.post_with(&path, &[("csrf", &csrf)], headers).await.status, 403, "{headers:?}");
    }
    let other = town.browser().await.get("/").await.field("csrf");
    for token in ["", "0", other.as_str()] {
        assert_eq!(browser.post(&path, &[("csrf", token)]).await.status, 403);
    }
    assert_eq!(browser.post(&path, &[]).await.status, 403);
    assert_eq!(town.desk.standing().unwrap().unread, 1, "none of them was read");
    let headers = [("Origin", own.as_str())];
    assert_eq!(browser.post_with(&path, &[("csrf", &csrf)], &headers).await.status, 303);
    assert_eq!(town.desk.standing().unwrap().unread, 0);
}

#[tokio::test]
async fn only_this_machine_can_ask_and_a_port_in_use_is_said() {
    let town = Town::new().await;
    assert!(town.served.address.ip().is_loopback());
    let port = town.served.address.port();
    let options = tvaers_desk::web::Options { port, ..Default::default() };
    let error = tvaers_desk::web::serve(town.desk.clone(), options, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains(&format!("port {port}")), "{error}");
    assert!(!format!("{:?}", town.served).contains("/ind/"));
}
