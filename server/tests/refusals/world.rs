//! Three people and a relay, and what each refusal is asked of.

use std::path::{Path, PathBuf};

use tvaers_wire::entry::Member;
use tvaers_wire::ids::EntryId;
use tvaers_wire::message::Pushed;

use crate::support::relay::{Client, Relay};
use crate::support::*;

/// Anna manages a circle with Bo; Carl is a stranger.
pub(crate) struct World<'d> {
    pub(crate) data: PathBuf,
    pub(crate) relay: Relay,
    pub(crate) a: Client<'d>,
    pub(crate) b: Client<'d>,
    pub(crate) c: Client<'d>,
    pub(crate) case: Signed,
}

pub(crate) struct People {
    pub(crate) town: Town,
    pub(crate) anna: Device,
    pub(crate) bo: Device,
    pub(crate) carl: Device,
}

impl People {
    pub(crate) fn new() -> Self {
        let town = Town::new();
        let [anna, bo, carl] = [(); 3].map(|()| town.device(person()));
        Self { town, anna, bo, carl }
    }

    pub(crate) async fn world(&self, dir: &Path) -> World<'_> {
        let relay = Relay::start(dir, &self.town).await;
        let a = relay.session(&self.anna).await;
        let b = relay.session(&self.bo).await;
        let c = relay.session(&self.carl).await;
        for client in [&a, &b, &c] {
            client.store(own_circle(client.device).item()).await;
        }
        let case = shared(&self.anna, &[Member::Person(self.bo.person)]);
        a.store(case.item()).await;
        World { data: dir.to_owned(), relay, a, b, c, case }
    }
}

macro_rules! refusal {
    ($name:ident, |$p:ident, $w:ident| $body:block) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let (dir, $p) = (tempfile::tempdir().unwrap(), People::new());
            let $w = $p.world(dir.path()).await;
            $body
            $w.relay.stop().await;
        }
    };
}

pub(crate) fn counter(result: &Pushed) -> Option<u64> {
    match result {
        Pushed::Refused { counter, .. } => *counter,
        _ => None,
    }
}

pub(crate) fn head(result: &Pushed) -> Option<EntryId> {
    match result {
        Pushed::Refused { head, .. } => *head,
        _ => None,
    }
}
