//! Access that two holders of sheets have restored is told on the child's page, and on one's own; and so is what can be read on devices
//! that are out.

use std::sync::Arc;

use tokio::sync::oneshot;
use tvaers_core::audience::Audience;
use tvaers_core::authority::{
    Asked, By, Forsaken, Founding, Missing, Office, RecoverySplit, Role, Row, Sheet, SignedRecoveryFile,
};
use tvaers_core::client::{ClientError, Device, Opened, open};
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::net::{Relay, sync_once};
use tvaers_core::rng;
use tvaers_core::store::{Store, StoreError, StoreKey};
use tvaers_desk::web::{Options, serve};
use tvaers_wire::codec::Canonical;
use tvaers_wire::entry::ParsedEntry;
use tvaers_wire::recovery::{RecoveryAct, RecoveryPush};

use crate::browser::Browser;
use crate::town::{child, observation, relay, submit};

fn by() -> By<'static> {
    By { operator: "prøve", now: system_now() }
}

/// A pedagogue, a caseworker who goes, and one who comes, by their employee numbers.
struct Town {
    office: Office,
    sheets: Vec<Sheet>,
    relay: Relay,
    _dir: tempfile::TempDir,
    _stop: oneshot::Sender<()>,
}

impl Town {
    async fn new() -> Self {
        let rng = &mut rng::system();
        let recovery = RecoverySplit::draw(rng).unwrap();
        let founding = Founding {
            name: "Nordby",
            relay: "https://tvaers.example",
            recovery: recovery.keys.clone(),
            split: recovery.split,
            holders: ["Anne", "Bo", "Carl"],
        };
        let mut office = Office::found(&founding, by(), rng).unwrap();
        let sheets = recovery.sheets(&office.authority().municipality);
        let dir = tempfile::tempdir().unwrap();
        let (stop, url) = relay(office.authority(), dir.path()).await;
        office.name_relay(&url, by()).unwrap();
        office.add_unit("Børnehuset Tangloppen", "dagtilbud", None, by(), rng).unwrap();
        office.add_unit("Familieafdelingen", "familieafdeling", None, by(), rng).unwrap();
        let row = |number: &str, name: &str, unit: &str| Row {
            number: number.to_owned(),
            name: name.to_owned(),
            profession: "pædagog".to_owned(),
            unit: office.unit(unit).unwrap().team,
            roles: vec![Role::Manager],
        };
        let people = [
            row("1", "Ane Bregntoft", "Børnehuset Tangloppen"),
            row("2", "Henrik Stenduus", "Familieafdelingen"),
            row("3", "Sofie <Holm>", "Familieafdelingen"),
        ];
        office.import(&people, Missing::Stay, by(), rng).unwrap();
        Self { office, sheets, relay: Relay::new(&url).unwrap(), _dir: dir, _stop: stop }
    }

    async fn publish(&mut self) {
        let due = self.office.to_publish(false);
        for statement in &due {
            self.relay.publish(statement).await.unwrap();
        }
        self.office.published(&due, by()).unwrap();
    }

    fn enrols(&mut self, number: &str) -> Arc<Device> {
        self.enrols_on(number, Store::in_memory().unwrap())
    }

    fn enrols_on(&mut self, number: &str, store: Store) -> Arc<Device> {
        let Ok(Opened::New(device)) = open(store, &mut Moment::new(0, &mut rng::system())) else {
            panic!("a new store")
        };
        let id = self.office.certify(number, device.keys(), by()).unwrap();
        Arc::new(device.enrol(self.office.enrolment(&id).unwrap()).unwrap())
    }

    async fn meet(&self, devices: &[&Arc<Device>]) {
        for device in devices.iter().cycle().take(4 * devices.len()) {
            let relay = Relay::new(device.relay()).unwrap();
            assert_eq!(sync_once(device, &relay, &mut rng::system()).await.unwrap().failed, None);
        }
    }

    async fn restores(&mut self, asked: Asked, act: RecoveryAct, device: &Device, reason: &str) {
        let served = self.relay.forsaken(&self.office.recovery_order(act, system_now())).await.unwrap();
        let file = self.office.recovery_file(asked, served.logs, system_now()).to_bytes();
        let forsaken = Forsaken::verified(SignedRecoveryFile::read(&file).unwrap()).unwrap();
        let id = forsaken.device(&device.code()).unwrap();
        let both = [&self.sheets[0], &self.sheets[1]];
        let (restoring, _) = forsaken.restore(&id, both, reason, system_now(), &mut rng::system()).unwrap();
        let ids = restoring.entries.iter().map(|made| ParsedEntry::from_bytes(&made.entry).unwrap().id);
        let order = self.office.recovery_order(RecoveryAct::Push { entries: ids.collect() }, system_now());
        self.relay.restore(&RecoveryPush { order, entries: restoring.entries }).await.unwrap();
    }
}

#[tokio::test]
async fn a_child_s_page_says_when_and_why_access_was_restored() {
    let mut town = Town::new().await;
    let [ane, henrik, sofie] = ["1", "2", "3"].map(|number| town.enrols(number));
    town.publish().await;
    town.meet(&[&ane, &henrik, &sofie]).await;
    ane.set_coordinator(&child().id, &henrik.person(), &mut Moment::new(0, &mut rng::system())).unwrap();
    submit(&ane, observation("Samme trøje som i går"), &[Audience::Line(henrik.person())]);
    town.meet(&[&ane, &henrik, &sofie]).await;
    town.office.leave("2", by()).unwrap();
    town.publish().await;
    let (left, to) = (henrik.person(), sofie.person());
    let act = RecoveryAct::Forsaken { left, to, after: 0 };
    town.restores(Asked::Forsaken { left, to }, act, &sofie, "Henrik er rejst & <b>ingen</b> bestyrer sagen").await;
    town.meet(&[&sofie, &ane]).await;

    let (_stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap_or_default() };
    let served = serve(Arc::clone(&sofie), Options::default(), stopped).await.unwrap();
    let browser = Browser::enter(&served.new_link()).await;
    let page = browser.get(&format!("/barn/{}", child().id.to_hex())).await;
    for words in [
        "Samme trøje som i går",
        "Adgang genskabt af nøgleholderne <time datetime=",
        "<bdi>Henrik er rejst &#38; &#60;b&#62;ingen&#60;/b&#62; bestyrer sagen</bdi>",
        "Sofie &#60;Holm&#62;",
    ] {
        assert!(page.has(words), "{words}: {}", page.body);
    }
    assert!(!browser.get("/").await.has("Adgang genskabt"), "her own circle is as it was");
    let english = browser.get(&format!("/barn/{}?lang=en", child().id.to_hex())).await;
    assert!(english.has("Access restored by the holders of the sheets"));
}

#[tokio::test]
async fn ones_own_page_says_that_one_got_back_by_the_holders() {
    let mut town = Town::new().await;
    let lost = town.enrols("3");
    town.publish().await;
    town.meet(&[&lost]).await;
    town.office.revoke_device("3/1", by()).unwrap();
    let new = town.enrols("3");
    town.publish().await;
    let person = new.person();
    town.restores(Asked::Own { person }, RecoveryAct::Own { person }, &new, "Telefonen er stjålet").await;
    town.meet(&[&new]).await;
    let (_stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap_or_default() };
    let served = serve(Arc::clone(&new), Options::default(), stopped).await.unwrap();
    let page = Browser::enter(&served.new_link()).await.get("/").await;
    assert!(page.has("Adgang genskabt af nøgleholderne") && page.has("<bdi>Telefonen er stjålet</bdi>"));
}

#[tokio::test]
async fn what_can_be_read_on_devices_that_are_out_is_said_in_plain_words() {
    let mut town = Town::new().await;
    let [ane, henrik, sofie] = ["1", "2", "3"].map(|number| town.enrols(number));
    town.publish().await;
    town.meet(&[&ane, &henrik, &sofie]).await;
    submit(&ane, observation("Til Henrik"), &[Audience::Line(henrik.person())]);
    town.meet(&[&ane, &henrik, &sofie]).await;
    let (_stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap_or_default() };
    let served = serve(Arc::clone(&henrik), Options::default(), stopped).await.unwrap();
    let browser = Browser::enter(&served.new_link()).await;
    let about = format!("/barn/{}", child().id.to_hex());
    for page in ["/lagt-til-side", &about] {
        let page = browser.get(page).await;
        assert!(!page.has("nyt kommer ikke dertil") && !page.has("spærret"), "nobody is out: {}", page.body);
    }

    town.office.suspend("1", by()).unwrap();
    town.publish().await;
    town.meet(&[&henrik, &sofie]).await;
    for page in ["/lagt-til-side", &about] {
        let page = browser.get(page).await;
        assert!(page.has("Ane Bregntoft er spærret for nu og kan stadig læse det, der ligger på egne apparater"));
        assert!(!page.has("slettet der"), "who may come back is not erased");
    }
    town.office.reinstate("1", by()).unwrap();
    town.office.revoke_device("1/1", by()).unwrap();
    // Nothing is shared with Sofie: her lost phone is none of his business.
    town.office.revoke_device("3/1", by()).unwrap();
    town.publish().await;
    town.meet(&[&henrik]).await;
    let page = browser.get("/lagt-til-side").await;
    assert!(page.has("1 kollega har apparater, der er spærret"), "{}", page.body);
    assert!(
        page.has("Et apparat hos Ane Bregntoft er meldt tabt. Den, der kan låse det op, kan læse det, I havde delt")
    );
    assert!(page.has("It-afdelingen kan bede om, at det bliver slettet der."));
    town.office.ask_wipe("1/1", by()).unwrap();
    town.publish().await;
    town.meet(&[&henrik]).await;
    assert!(
        browser.get(&about).await.has("Kommunen har bedt om, at det bliver slettet der. Holdes apparatet uden net")
    );
    town.office.leave("1", by()).unwrap();
    town.publish().await;
    town.meet(&[&henrik]).await;
    assert!(browser.get(&about).await.has("Ane Bregntoft er fratrådt."));
    let english = browser.get("/lagt-til-side?lang=en").await;
    assert!(english.has("Ane Bregntoft has left. What you had shared until then can still be read"));
}

#[tokio::test]
async fn a_desk_that_was_erased_says_so_on_every_page() {
    let mut town = Town::new().await;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(dir.path(), &StoreKey::new([7; 32])).unwrap();
    let henrik = town.enrols_on("2", store);
    town.publish().await;
    town.meet(&[&henrik]).await;
    let (_stop, stopped) = oneshot::channel::<()>();
    let stopped = async { stopped.await.unwrap_or_default() };
    let served = serve(Arc::clone(&henrik), Options::default(), stopped).await.unwrap();
    let browser = Browser::enter(&served.new_link()).await;
    assert_eq!(browser.get("/").await.status, 200);
    town.office.revoke_device("2/1", by()).unwrap();
    town.office.ask_wipe("2/1", by()).unwrap();
    town.publish().await;
    let relay = Relay::new(henrik.relay()).unwrap();
    let ended = sync_once(&henrik, &relay, &mut rng::system()).await.unwrap_err();
    assert_eq!(ended, ClientError::Store(StoreError::Erased));
    for page in ["/", "/lagt-til-side", &format!("/barn/{}", child().id.to_hex())] {
        let page = browser.get(page).await;
        assert!(page.status == 410 && page.has("Denne computer er slettet af kommunen."), "{}", page.body);
    }
}
