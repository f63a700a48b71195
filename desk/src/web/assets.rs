//! The files of the pages: they are part of the program and come from nowhere else.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

/// Path, type and content. Nothing here is secret, so it needs no session.
const FILES: [(&str, &str, &[u8]); 4] = [
    ("/desk.css", "text/css; charset=utf-8", include_bytes!("../../assets/desk.css")),
    ("/tvaers.svg", "image/svg+xml", include_bytes!("../../assets/tvaers.svg")),
    (
        "/atkinson-hyperlegible-next.woff2",
        "font/woff2",
        include_bytes!("../../assets/atkinson-hyperlegible-next.woff2"),
    ),
    (
        "/atkinson-hyperlegible-next-ext.woff2",
        "font/woff2",
        include_bytes!("../../assets/atkinson-hyperlegible-next-ext.woff2"),
    ),
];

/// Whether a path names one of the files.
pub(super) fn is_asset(path: &str) -> bool {
    FILES.iter().any(|(name, _, _)| *name == path)
}

/// Serves them.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.into_iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(path, get(async move || ([(CONTENT_TYPE, kind)], content)))
    })
}

/// The family of state glyphs (screens: The look): 16 pixels, always beside words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Glyph {
    Local,
    Sent,
    Received,
    Read,
    Answered,
    Stuck,
    Own,
}

impl Glyph {
    /// The markup: drawn in the colour of the words beside it, hidden from screen readers.
    pub(super) const fn svg(self) -> &'static str {
        match self {
            Self::Local => include_str!("../../assets/glyphs/local.svg"),
            Self::Sent => include_str!("../../assets/glyphs/sent.svg"),
            Self::Received => include_str!("../../assets/glyphs/received.svg"),
            Self::Read => include_str!("../../assets/glyphs/read.svg"),
            Self::Answered => include_str!("../../assets/glyphs/answered.svg"),
            Self::Stuck => include_str!("../../assets/glyphs/stuck.svg"),
            Self::Own => include_str!("../../assets/glyphs/own.svg"),
        }
    }
}
