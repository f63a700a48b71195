//! The pages: each asks core's views, tells what it got, and fills a template.

mod access;
mod aside;
mod child;
mod continued;
mod coordinate;
mod cover;
mod devices;
mod entry;
mod erasure;
mod frame;
mod from_now_on;
mod hand_over;
mod inbox;
mod line;
mod members;
mod out;
mod reason;
mod record;
mod restored;
mod search;
mod shared;

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Form, FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{RequestExt, Router};
use tvaers_core::client::ClientError;
use tvaers_core::store::StoreError;
use tvaers_core::wire::ids::{ChildId, RecordId};

use super::Desk;
use super::gate::{ENTRANCE, spoken};
use super::language::{Language, Words};
use super::session::Visitor;
use frame::Frame;

/// A form with the longest text a record holds, percent-encoded.
const FORM_BYTES: usize = 1024 * 1024;

/// All pages. What changes anything is a POST.
pub(super) fn router() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(|asked: Asked| asked.show(inbox::page)))
        .route("/adgangslog", get(|asked: Asked| asked.show(access::page)).post(access_log))
        .route("/apparater", get(|asked: Asked| asked.show(devices::page)).post(admit))
        .route("/lagt-til-side", get(|asked: Asked| asked.show(aside::page)))
        .route("/soeg", get(|asked: Asked| asked.show(search::empty)).post(search))
        .route("/barn/{id}", get(chronology))
        .route("/tovholder/{id}", post(coordinate))
        .route("/overdrag/{id}", get(hand_over_form).post(hand_over))
        .route("/fra-nu-af/{id}", get(from_now_on_form).post(from_now_on))
        .route("/adgang/{id}", get(members_of).post(remove))
        .route("/vikar/{id}", get(cover_form).post(cover))
        .route("/vikar-slut/{id}", post(end_cover))
        .route("/registrering/{id}", get(record))
        .route("/sletning", get(|asked: Asked| asked.show(erasure::all)))
        .route("/sletning/{id}", get(erasures).post(erase))
        .route("/videregivelser/{id}", get(shared))
        .route("/laes/{id}", post(mark_read))
        .route("/svar/{id}", post(reply))
        .route(&format!("{ENTRANCE}{{link}}"), get(enter))
        .fallback(|asked: Asked| async move { refusal(asked.language, StatusCode::NOT_FOUND, "not-found") })
        .layer(DefaultBodyLimit::max(FORM_BYTES))
}

/// An answer that says no, in words.
pub(super) fn refusal(language: Language, status: StatusCode, key: &'static str) -> Response {
    #[derive(Template)]
    #[template(path = "message.html")]
    struct Message {
        words: &'static Words,
        code: &'static str,
        key: &'static str,
    }
    let page = Message { words: language.words(), code: language.code(), key }.render();
    // Without its page the status still says it.
    (status, Html(page.unwrap_or_default())).into_response()
}

async fn enter(State(desk): State<Arc<Desk>>, Path(link): Path<String>, request: Request) -> Response {
    let language = spoken(&desk, request.headers());
    // A HEAD has no person behind it, and must not spend the link.
    let entered = if request.method() == Method::GET { desk.sessions().enter(&link, desk.now()) } else { None };
    let Some(cookie) = entered else { return refusal(language, StatusCode::FORBIDDEN, "refused-link") };
    let cookie = format!("{}={cookie}; HttpOnly; SameSite=Strict; Path=/", desk.cookie);
    ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
}

async fn chronology(Path(child): Path<String>, Query(query): Query<HashMap<String, String>>, asked: Asked) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    let oldest_first = query.get("orden").is_some_and(|order| order == "aeldste");
    asked.show(move |frame| child::page(frame, child, oldest_first)).await
}

async fn coordinate(Path(child): Path<String>, asked: Asked, _: Posted) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.act(move |frame| coordinate::coordinate(&frame, child)).await
}

async fn hand_over_form(Path(child): Path<String>, asked: Asked) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.show(move |frame| hand_over::page(frame, child, None)).await
}

async fn hand_over(Path(child): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.act(move |frame| hand_over::hand_over(frame, child, &form)).await
}

async fn erasures(Path(child): Path<String>, asked: Asked) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.show(move |frame| erasure::page(frame, child, None)).await
}

async fn erase(Path(child): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.act(move |frame| erasure::act(frame, child, &form)).await
}

async fn shared(Path(child): Path<String>, asked: Asked) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.show(move |frame| shared::page(frame, child)).await
}

async fn from_now_on_form(Path(child): Path<String>, asked: Asked) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.show(move |frame| from_now_on::page(frame, child, None)).await
}

async fn from_now_on(Path(child): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.act(move |frame| from_now_on::let_in(frame, child, &form)).await
}

async fn members_of(Path(child): Path<String>, asked: Asked) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.show(move |frame| members::page(frame, child, None)).await
}

async fn remove(Path(child): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.act(move |frame| members::remove(frame, child, &form)).await
}

async fn cover_form(Path(child): Path<String>, asked: Asked) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.show(move |frame| cover::page(frame, child, None)).await
}

async fn cover(Path(child): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.act(move |frame| cover::cover(frame, child, &form)).await
}

async fn end_cover(Path(child): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(child) = ChildId::from_hex(&child) else { return asked.not_found() };
    asked.act(move |frame| cover::end(&frame, child, &form)).await
}

async fn record(Path(record): Path<String>, asked: Asked) -> Response {
    let Ok(record) = RecordId::from_hex(&record) else { return asked.not_found() };
    asked.show(move |frame| record::page(frame, record, None)).await
}

async fn mark_read(Path(record): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(record) = RecordId::from_hex(&record) else { return asked.not_found() };
    let in_chronology = form.get("fra").is_some_and(|from| from == "barn");
    asked.act(move |frame| record::mark_read(&frame, record, in_chronology)).await
}

async fn reply(Path(record): Path<String>, asked: Asked, Posted(form): Posted) -> Response {
    let Ok(record) = RecordId::from_hex(&record) else { return asked.not_found() };
    asked.act(move |frame| record::reply(frame, record, &form)).await
}

async fn access_log(asked: Asked, Posted(form): Posted) -> Response {
    asked.act(move |frame| access::asked(frame, &form)).await
}

async fn admit(asked: Asked, Posted(form): Posted) -> Response {
    asked.act(move |frame| devices::admit(frame, &form)).await
}

async fn search(asked: Asked, Posted(form): Posted) -> Response {
    let words = form.get("ord").cloned().unwrap_or_default();
    asked.show(move |frame| search::page(frame, &words)).await
}

/// Who asks, and in which language.
struct Asked {
    desk: Arc<Desk>,
    visitor: Visitor,
    language: Language,
}

impl FromRequestParts<Arc<Desk>> for Asked {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Arc<Desk>) -> Result<Self, Response> {
        let language = spoken(desk, &parts.headers);
        // The gate has put it there; without it nothing is shown.
        let Some(visitor) = parts.extensions.get::<Visitor>().cloned() else {
            return Err(refusal(language, StatusCode::UNAUTHORIZED, "refused-session"));
        };
        let language = visitor.language.unwrap_or(language);
        Ok(Self { desk: Arc::clone(desk), visitor, language })
    }
}

impl Asked {
    /// Draws a page. The store is asked on a thread of its own: opening documents is work for a core.
    async fn show<F>(self, page: F) -> Response
    where
        F: FnOnce(Frame) -> Result<String, Trouble> + Send + 'static,
    {
        self.act(move |frame| page(frame).map(|page| Html(page).into_response())).await
    }

    async fn act<F>(self, work: F) -> Response
    where
        F: FnOnce(Frame) -> Result<Response, Trouble> + Send + 'static,
    {
        let language = self.language;
        let done = tokio::task::spawn_blocking(move || Frame::new(self.desk, self.visitor, language).and_then(work));
        match done.await {
            Ok(Ok(answer)) => answer,
            Ok(Err(Trouble::Unknown)) => refusal(language, StatusCode::NOT_FOUND, "not-found"),
            Ok(Err(Trouble::Unread)) => refusal(language, StatusCode::CONFLICT, "refused-unread"),
            Ok(Err(Trouble::Erased)) => refusal(language, StatusCode::GONE, "erased"),
            Ok(Err(Trouble::Full)) => refusal(language, StatusCode::INSUFFICIENT_STORAGE, "trouble-full"),
            Ok(Err(Trouble::Store | Trouble::Template)) | Err(_) => {
                refusal(language, StatusCode::INTERNAL_SERVER_ERROR, "trouble")
            }
        }
    }

    fn not_found(&self) -> Response {
        refusal(self.language, StatusCode::NOT_FOUND, "not-found")
    }
}

/// A form that a page of this session has sent.
struct Posted(HashMap<String, String>);

impl FromRequest<Arc<Desk>> for Posted {
    type Rejection = Response;

    async fn from_request(mut request: Request, desk: &Arc<Desk>) -> Result<Self, Response> {
        let Asked { visitor, language, .. } = request.extract_parts_with_state(desk).await?;
        let form = Form::<HashMap<String, String>>::from_request(request, desk).await;
        let form = form.map_err(|refused| refusal(language, refused.status(), "refused-form"))?;
        let written = form.get("csrf").is_some_and(|csrf| visitor.wrote(csrf));
        if written { Ok(Self(form.0)) } else { Err(refusal(language, StatusCode::FORBIDDEN, "refused-foreign")) }
    }
}

/// The text in a form. Browsers send lines ended by CR LF (HTML: form submission); a text has LF.
fn typed_text(form: &HashMap<String, String>) -> String {
    form.get("tekst").map(|text| text.replace("\r\n", "\n")).unwrap_or_default()
}

/// Why a page could not be drawn. What the store says stays off the page: it means nothing to a caseworker.
#[derive(Debug)]
enum Trouble {
    Unknown,
    Unread,
    /// The municipality has had this device erased.
    Erased,
    /// The disk is full, and what is kept for it is used up.
    Full,
    Store,
    Template,
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::UnknownRecord | ClientError::RecordErased => Self::Unknown,
            ClientError::Store(StoreError::Erased) => Self::Erased,
            ClientError::Store(StoreError::DiskFull) => Self::Full,
            _ => Self::Store,
        }
    }
}

impl From<askama::Error> for Trouble {
    fn from(_: askama::Error) -> Self {
        Self::Template
    }
}
