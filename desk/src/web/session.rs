//! Who may look: whoever opened the printed link in time. The link works once; after that a cookie that scripts cannot read
//! names the session, and a token in every form shows that the form came from a page of this session.

use subtle::{Choice, ConstantTimeEq};
use tvaers_core::rng::{self, bytes};

use super::language::Language;

/// How long a printed link works, in milliseconds.
pub(super) const LINK_LIVES: i64 = 60_000;

/// More browsers at once than a desk has; the oldest session ends for a further one.
const SESSIONS: usize = 8;

/// Forms that were sent, kept so that a second press sends nothing again.
const SENT: usize = 256;

type Token = [u8; 32];

/// Open links and sessions. Secrets live in memory only and end with the process.
#[derive(Default)]
pub(super) struct Sessions {
    links: Vec<(Token, i64)>,
    sessions: Vec<Session>,
}

struct Session {
    cookie: Token,
    csrf: Token,
    language: Option<Language>,
    sent: Vec<Token>,
}

/// What a handler knows of the session it answers in.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) csrf: String,
    pub(super) language: Option<Language>,
    cookie: Token,
}

impl Sessions {
    /// A new link, good for [`LINK_LIVES`] from now.
    pub(super) fn link(&mut self, now: i64) -> String {
        self.links.retain(|(_, until)| now <= *until);
        let token = bytes(&mut rng::system());
        self.links.push((token, now.saturating_add(LINK_LIVES)));
        hex(&token)
    }

    /// Takes a link and starts a session; the cookie's value, or `None` if the link is unknown, used or too old.
    pub(super) fn enter(&mut self, link: &str, now: i64) -> Option<String> {
        let asked = unhex(link)?;
        let mut found = Choice::from(0);
        // Every link is compared, each in constant time: nothing is learned from how long the answer takes.
        self.links.retain(|(token, until)| {
            let is_it = token.ct_eq(&asked);
            // A clock that was set back must not make an old link young.
            let in_time = now <= *until && *until - LINK_LIVES <= now;
            found |= is_it & Choice::from(u8::from(in_time));
            !bool::from(is_it)
        });
        if !bool::from(found) {
            return None;
        }
        if self.sessions.len() >= SESSIONS {
            self.sessions.remove(0);
        }
        let (cookie, csrf) = (bytes(&mut rng::system()), bytes(&mut rng::system()));
        self.sessions.push(Session { cookie, csrf, language: None, sent: Vec::new() });
        Some(hex(&cookie))
    }

    /// The session of a cookie; a language chosen in passing is kept in it.
    pub(super) fn visitor(&mut self, cookie: &str, chosen: Option<Language>) -> Option<Visitor> {
        let session = self.of(&unhex(cookie)?)?;
        session.language = chosen.or(session.language);
        Some(Visitor { csrf: hex(&session.csrf), language: session.language, cookie: session.cookie })
    }

    /// Notes that a form was sent; false if it had been before.
    pub(super) fn first_time(&mut self, visitor: &Visitor, form: &str) -> bool {
        let (Some(form), Some(session)) = (unhex(form), self.of(&visitor.cookie)) else { return false };
        if session.sent.contains(&form) {
            return false;
        }
        if session.sent.len() >= SENT {
            session.sent.remove(0);
        }
        session.sent.push(form);
        true
    }

    fn of(&mut self, cookie: &Token) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| bool::from(session.cookie.ct_eq(cookie)))
    }
}

impl Visitor {
    /// Whether a form came from a page of this session.
    pub(super) fn wrote(&self, csrf: &str) -> bool {
        self.csrf.as_bytes().ct_eq(csrf.as_bytes()).into()
    }
}

/// A name for one form on one page.
pub(super) fn form() -> String {
    hex(&bytes(&mut rng::system()))
}

fn hex(token: &Token) -> String {
    token.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Token> {
    let mut token = [0; 32];
    if text.len() != 64 || !text.bytes().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (byte, pair) in token.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::{LINK_LIVES, SESSIONS, Sessions, form};

    #[test]
    fn a_link_works_once_and_for_a_minute() {
        let mut sessions = Sessions::default();
        let link = sessions.link(1_000);
        assert!(sessions.enter(&link, 1_000 + LINK_LIVES).is_some());
        assert!(sessions.enter(&link, 1_000).is_none());
        let late = sessions.link(1_000);
        assert!(sessions.enter(&late, 1_001 + LINK_LIVES).is_none());
        assert!(sessions.enter(&late, 1_000).is_none(), "a link tried too late is spent");
        let early = sessions.link(1_000);
        assert!(sessions.enter(&early, 999).is_none(), "the clock was set back");
    }

    #[test]
    fn nothing_but_the_link_itself_opens() {
        let mut sessions = Sessions::default();
        let link = sessions.link(0);
        let upper = link.to_uppercase();
        for wrong in ["", "0", &link[..62], &"0".repeat(64), upper.as_str(), "é".repeat(32).as_str()] {
            assert!(sessions.enter(wrong, 0).is_none() || wrong == link, "{wrong}");
        }
        assert!(sessions.enter(&link, 0).is_some());
    }

    #[test]
    fn sessions_know_their_own_forms_only() {
        let mut sessions = Sessions::default();
        let mut visitor = || {
            let link = sessions.link(0);
            let cookie = sessions.enter(&link, 0).unwrap();
            sessions.visitor(&cookie, None).unwrap()
        };
        let (one, other) = (visitor(), visitor());
        assert!(one.wrote(&one.csrf) && !one.wrote(&other.csrf) && !one.wrote(""));
        let sent = form();
        assert!(sessions.first_time(&one, &sent));
        assert!(!sessions.first_time(&one, &sent));
        assert!(!sessions.first_time(&one, "no form"));
    }

    #[test]
    fn a_further_session_ends_the_oldest() {
        let mut sessions = Sessions::default();
        let mut enter = || {
            let link = sessions.link(0);
            sessions.enter(&link, 0).unwrap()
        };
        let cookies: Vec<_> = (0..=SESSIONS).map(|_| enter()).collect();
        assert!(sessions.visitor(&cookies[0], None).is_none());
        assert!(cookies[1..].iter().all(|cookie| sessions.visitor(cookie, None).is_some()));
    }
}
