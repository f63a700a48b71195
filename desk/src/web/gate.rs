//! Every request passes here first (attacks, row 47). The desk listens on loopback, but any page in any tab can send requests
//! there: a foreign name that resolves to 127.0.0.1, a form on a foreign page and a prefetch are all refused before a
//! handler runs.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::language::Language;
use super::pages::refusal;
use super::{Desk, assets};

/// Where the printed link leads, with the token behind it.
pub(super) const ENTRANCE: &str = "/ind/";

const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
];

/// Lets a request in, or answers it here; dresses every answer.
pub(super) async fn guard(State(desk): State<Arc<Desk>>, mut request: Request, next: Next) -> Response {
    let language = spoken(&desk, request.headers());
    let mut answer = match admit(&desk, &mut request) {
        Ok(()) => next.run(request).await,
        Err(Refusal(status, key)) => refusal(language, status, key),
    };
    for (name, value) in HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The language for somebody who has not chosen one.
pub(super) fn spoken(desk: &Desk, headers: &HeaderMap) -> Language {
    desk.options
        .language
        .unwrap_or_else(|| Language::accepted(one(headers, &header::ACCEPT_LANGUAGE).unwrap_or_default()))
}

/// Why a request was not let in: the answer's status, and the sentence that says what to do.
struct Refusal(StatusCode, &'static str);

fn admit(desk: &Desk, request: &mut Request) -> Result<(), Refusal> {
    let foreign = Refusal(StatusCode::FORBIDDEN, "refused-foreign");
    let host = one(request.headers(), &header::HOST).filter(|host| desk.hosts.iter().any(|own| own == host));
    let Some(host) = host else { return Err(Refusal(StatusCode::MISDIRECTED_REQUEST, "refused-host")) };
    if is_prefetch(request.headers()) {
        return Err(foreign);
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    if !reads && !is_own_form(request.headers(), host) {
        return Err(foreign);
    }
    let path = request.uri().path();
    if path.starts_with(ENTRANCE) || assets::is_asset(path) {
        return Ok(());
    }
    let chosen = request.uri().query().and_then(chosen_language);
    let cookie = cookie(request.headers(), &desk.cookie);
    let visitor = cookie.and_then(|cookie| desk.sessions().visitor(cookie, chosen));
    let Some(visitor) = visitor else { return Err(Refusal(StatusCode::UNAUTHORIZED, "refused-session")) };
    request.extensions_mut().insert(visitor);
    Ok(())
}

/// Sent by a page of the desk itself. Under our own referrer policy browsers send `Origin: null` with a form, so the origin
/// alone decides only where the browser does not also say from which site the request comes.
fn is_own_form(headers: &HeaderMap, host: &str) -> bool {
    let origin = one(headers, &header::ORIGIN);
    let is_own = origin.and_then(|origin| origin.strip_prefix("http://")) == Some(host);
    match one(headers, &HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin" && (is_own || matches!(origin, None | Some("null"))),
        None => !headers.contains_key("sec-fetch-site") && is_own,
    }
}

/// Fetched ahead by the browser, not by a person: it must not spend the link, and nobody has seen it.
fn is_prefetch(headers: &HeaderMap) -> bool {
    let names = ["sec-purpose", "purpose", "x-moz"].into_iter();
    names.flat_map(|name| headers.get_all(name)).any(|value| value.as_bytes().starts_with(b"prefetch"))
}

fn chosen_language(query: &str) -> Option<Language> {
    query.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Language::from_code)
}

/// The value of a cookie of ours.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// A header that is there exactly once. Twice is an attempt to be read in two ways.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}
