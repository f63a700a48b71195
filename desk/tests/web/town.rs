//! A small town: a pedagogue's phone, a caseworker's desk, a relay between them, and the desk's pages.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use tokio::sync::oneshot;
use tvaers_core::audience::Audience;
use tvaers_core::client::{Device, Opened, open};
use tvaers_core::directory::{
    AuthorityKey, Directory, Enrolment, LOG_CONTROL, PersonFacts, Policy, Sharing, TeamFacts,
};
use tvaers_core::keys::Secret;
use tvaers_core::kinds::{ChildRef, Content, Envelope, Observation, Occurred, Short, Text};
use tvaers_core::moment::Moment;
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::Store;
use tvaers_desk::web::{Options, Served, serve};
use tvaers_wire::ids::{ChildId, MunicipalityId, PersonId, RecordId, TeamId};
use tvaers_wire::limits;
use tvaers_wire::statement::Authority;

use crate::browser::Browser;

/// 5 October 2026, 14:05 in Denmark.
pub(crate) const NOW: i64 = 1_791_201_900_000;

pub(crate) struct Town {
    pub(crate) phone: Arc<Device>,
    pub(crate) desk: Arc<Device>,
    /// Somebody who has nothing to do with the child yet.
    pub(crate) colleague: Option<Arc<Device>>,
    pub(crate) served: Served,
    pub(crate) clock: Arc<AtomicI64>,
    /// How often the desk has asked for what was saved to be sent.
    pub(crate) saved: Arc<AtomicUsize>,
    /// What names follow from.
    pub(crate) authority: AuthorityKey,
    pub(crate) url: String,
    _dir: tempfile::TempDir,
    _relay: oneshot::Sender<()>,
    _desk: oneshot::Sender<()>,
}

impl Town {
    pub(crate) async fn new() -> Self {
        Self::of("familieafdeling", false, false).await
    }

    /// The same with a third person, in a unit of their own.
    pub(crate) async fn with_colleague() -> Self {
        Self::of("familieafdeling", false, true).await
    }

    /// The same, and whoever sits at the desk is a log controller; `named` says that a family's extract names employees.
    pub(crate) async fn with_log_control(named: bool) -> Self {
        Self::of(LOG_CONTROL, named, false).await
    }

    async fn of(desks_unit: &str, named: bool, third: bool) -> Self {
        let random = &mut rng::system();
        let municipality = MunicipalityId::new(rng::bytes(random));
        let mut authority = AuthorityKey::from_seed(&Secret::random(random), municipality, 0).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (relay, url) = relay(authority.authority(), dir.path()).await;
        let mut people = vec![person(1, "Ane Bregntoft", "pædagog"), person(2, "Henrik Stenduus", "socialrådgiver")];
        let mut teams = vec![team(1, "Børnehuset Tangloppen", "dagtilbud"), team(2, "Familieafdelingen", desks_unit)];
        if third {
            people.push(person(3, "Malthe Rugaard", "støttepædagog"));
            teams.push(team(3, "PPR Nordby", "ppr"));
        }
        let new = |_: &PersonFacts| match open(Store::in_memory().unwrap(), &mut Moment::new(0, &mut rng::system())) {
            Ok(Opened::New(device)) => *device,
            _ => panic!("a new store"),
        };
        let fresh: Vec<_> = people.iter().map(new).collect();
        let certify = people.iter().zip(&fresh).map(|(facts, device)| authority.certify(facts.person, device.keys()));
        let certificates: Vec<_> = certify.collect::<Result<_, _>>().unwrap();
        let charters: Vec<_> = people.iter().map(|facts| authority.charter(facts.team, vec![facts.person])).collect();
        let directory = authority.sign_directory(&Directory {
            version: limits::VERSION,
            municipality,
            serial: 1,
            name: "Nordby".to_owned(),
            teams,
            people: people.clone(),
            // The controller at this desk answers notes, too.
            policy: (desks_unit == LOG_CONTROL)
                .then(|| Policy { sharing: Some(vec![anything()]), ..Policy::default() }),
        });
        let enrol = |(number, device): (usize, tvaers_core::client::NewDevice)| {
            let enrolment = Enrolment {
                authority: authority.authority(),
                relay: url.clone(),
                certificate: certificates[number].clone(),
                statements: certificates.iter().chain(&charters).cloned().collect(),
                directory: directory.clone(),
            };
            Arc::new(device.enrol(enrolment).unwrap())
        };
        let mut devices = fresh.into_iter().enumerate().map(enrol);
        let (phone, desk) = (devices.next().unwrap(), devices.next().unwrap());
        let colleague = devices.next();
        let (clock, saved) = (Arc::new(AtomicI64::new(NOW)), Arc::new(AtomicUsize::new(0)));
        let (now, told) = (Arc::clone(&clock), Arc::clone(&saved));
        let options = Options {
            now: Arc::new(move || now.load(Ordering::SeqCst)),
            saved: Arc::new(move || {
                told.fetch_add(1, Ordering::SeqCst);
            }),
            employees_named: named,
            ..Options::default()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let served = serve(Arc::clone(&desk), options, async { stopped.await.unwrap_or_default() }).await.unwrap();
        let town = Self {
            phone,
            desk,
            colleague,
            served,
            clock,
            saved,
            authority,
            url,
            _dir: dir,
            _relay: relay,
            _desk: stop,
        };
        // Everybody founds their circles and learns the others'.
        for _ in 0..3 {
            town.sync().await;
        }
        town
    }

    /// Phone, desk, phone: what was written arrives, and its receipt comes back.
    pub(crate) async fn sync(&self) {
        for device in [&self.phone, &self.desk, &self.phone].into_iter().chain(&self.colleague) {
            let relay = Relay::new(&self.url).unwrap();
            let contacted = sync_once(device, &relay, &mut rng::system()).await.unwrap();
            assert_eq!(contacted.failed, None);
        }
    }

    pub(crate) async fn browser(&self) -> Browser {
        Browser::enter(&self.served.new_link()).await
    }

    /// The pedagogue writes to the caseworker; it has arrived when this returns.
    pub(crate) async fn arrives(&self, content: impl Into<Content>) -> RecordId {
        let record = self.writes(content);
        self.sync().await;
        record
    }

    /// The pedagogue writes to the caseworker, offline.
    pub(crate) fn writes(&self, content: impl Into<Content>) -> RecordId {
        submit(&self.phone, content, &[Audience::Line(self.desk.person())])
    }
}

/// Saves a record about the child, a quarter of an hour ago.
pub(crate) fn submit(device: &Device, content: impl Into<Content>, to: &[Audience]) -> RecordId {
    let me = device.staff().person(&device.person()).unwrap().clone();
    let envelope = Envelope {
        about: Some(child()),
        occurred: Occurred::at(NOW - 900_000, 120),
        profession: Short::new(me.profession).unwrap(),
        unit: Some(me.team),
        content: content.into(),
    };
    device.submit(&envelope, to, &mut Moment::new(NOW - 600_000, &mut rng::system())).unwrap()
}

pub(crate) fn child() -> ChildRef {
    ChildRef {
        id: ChildId::new([7; 16]),
        given_name: Short::new("Asta").unwrap(),
        family_name: Short::new("Vesterholt").unwrap(),
        birth_date: "2022-03-01".parse().unwrap(),
    }
}

pub(crate) fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

pub(crate) fn observation(seen_heard: &str) -> Observation {
    Observation {
        setting: Short::optional("garderobe").unwrap(),
        seen_heard: text(seen_heard),
        childs_words: None,
        interpretation: None,
        immediate_action: None,
        domains: Default::default(),
        body_marks: Default::default(),
        co_authors: Default::default(),
    }
}

fn person(number: u8, name: &str, profession: &str) -> PersonFacts {
    let (name, profession) = (name.to_owned(), profession.to_owned());
    PersonFacts { person: PersonId::new([number; 16]), name, profession, team: TeamId::new([number; 16]) }
}

fn anything() -> Sharing {
    Sharing { from: Vec::new(), to: Vec::new(), kinds: Vec::new(), basis: "Samtykke".to_owned() }
}

fn team(number: u8, name: &str, kind: &str) -> TeamFacts {
    TeamFacts { team: TeamId::new([number; 16]), name: name.to_owned(), kind: kind.to_owned(), phone: None }
}

pub(crate) async fn relay(authority: Authority, dir: &std::path::Path) -> (oneshot::Sender<()>, String) {
    let mut config = tvaers_relay::Config::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), dir.to_owned());
    config.authority = Some(authority);
    let (stop, stopped) = oneshot::channel::<()>();
    let (ready, bound) = oneshot::channel();
    let stopped = async { stopped.await.unwrap_or_default() };
    tokio::spawn(async move {
        tvaers_relay::run(config, stopped, |bound| ready.send(bound.listening).unwrap()).await.unwrap();
    });
    (stop, format!("http://{}", bound.await.unwrap()))
}
