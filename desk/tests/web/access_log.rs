//! *Adgangslog*: for log controllers, and nobody else is told that there is such a page.

use std::sync::atomic::Ordering;

use tvaers_core::kinds::Access;
use tvaers_core::moment::{Moment, system_now};
use tvaers_core::rng;
use tvaers_core::view::{AccessFilter, SILENT};

use crate::browser::{Answer, Browser};
use crate::town::{NOW, Town, child, observation};

const PAGE: &str = "/adgangslog";

/// The pedagogue writes about a child and reads it again; the log of it has arrived.
async fn looked_up(town: &Town) {
    let note = town.arrives(observation("Samme trøje som i går")).await;
    town.phone.mark_read(&note, &Moment::new(NOW - 300_000, &mut rng::system())).unwrap();
    town.sync().await;
    town.sync().await;
}

async fn asks(browser: &Browser, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.get(PAGE).await.field("csrf");
    browser.post(PAGE, &[&[("csrf", csrf.as_str())], fields].concat()).await
}

#[tokio::test]
async fn a_log_controller_sees_who_did_what_when_on_which_device() {
    let town = Town::with_log_control(false).await;
    looked_up(&town).await;
    let browser = town.browser().await;
    assert!(browser.get("/").await.has("href=\"/adgangslog\""));
    let page = browser.get(PAGE).await;
    assert_eq!(page.status, 200);
    let device = town.phone.installation().device.to_hex();
    for words in [
        "<h1>Adgangslog</h1>",
        "aria-current=\"page\">Adgangslog",
        "Ane Bregntoft",
        "pædagog",
        "Børnehuset Tangloppen",
        "<td>Læst</td>",
        "<td>Ændret</td>",
        "i dag kl. 14.00",
        "Asta Vesterholt",
        "f. 2022",
        "<td>Iagttagelse</td>",
        &device[..8],
        "At du ser i loggen, står selv i loggen",
    ] {
        assert!(page.has(words), "{words}");
    }
    assert!(!page.has("trøje"), "the log says what was read, not what it says");
    let english = browser.get("/adgangslog?lang=en").await;
    assert!(english.has("<h1>Access log</h1>") && english.has("<td>Read</td>"));
}

#[tokio::test]
async fn nobody_else_has_a_link_or_a_page() {
    let town = Town::new().await;
    looked_up(&town).await;
    let browser = town.browser().await;
    let today = browser.get("/").await;
    assert!(!today.has("adgangslog") && !today.has("Adgangslog"));
    let refused = browser.get(PAGE).await;
    assert!(refused.status == 404 && refused.has("Siden findes ikke"));
    let csrf = browser.get("/soeg").await.field("csrf");
    let asked = [("csrf", csrf.as_str()), ("barn", &child().id.to_hex()), ("udskriv", "ja")];
    for fields in [&asked[..1], &asked[..]] {
        let refused = browser.post(PAGE, fields).await;
        assert!(refused.status == 404 && !refused.has("Vesterholt"));
    }
    // Not even by mistakes in the form.
    assert_eq!(browser.post(PAGE, &[asked[0], ("fra", "i går")]).await.status, 404);
    assert_eq!(browser.post(PAGE, &asked[1..]).await.status, 403, "a form of another page");
}

#[tokio::test]
async fn the_log_is_asked_by_child_person_kind_and_period() {
    let town = Town::with_log_control(false).await;
    looked_up(&town).await;
    let browser = town.browser().await;
    let (ane, henrik) = (town.phone.person().to_hex(), town.desk.person().to_hex());
    let (known, unknown) = (child().id.to_hex(), "0".repeat(32));
    let nobody = [("barn", unknown.as_str()), ("til", "")];
    for (fields, there) in [
        (vec![("barn", known.as_str())], true),
        (vec![("medarbejder", ane.as_str())], true),
        (vec![("handling", "access-read")], true),
        (vec![("handling", "access-searched")], false),
        (vec![("fra", "2026-10-05"), ("til", "2026-10-05")], true),
        (vec![("til", "2026-10-04")], false),
        (vec![("fra", "2026-10-06")], false),
        (vec![("barn", known.as_str()), ("medarbejder", ane.as_str()), ("handling", "access-changed")], true),
    ] {
        let page = asks(&browser, &fields).await;
        assert_eq!(page.status, 200, "{fields:?}");
        let lines = page.body.split("<tbody>").nth(1).unwrap_or_default();
        assert_eq!(lines.contains("Ane Bregntoft"), there, "{fields:?}");
        for (_, value) in fields {
            assert!(page.has(&format!("value=\"{value}\"")), "what was asked for stands in the form: {value}");
        }
    }
    assert!(asks(&browser, &[("medarbejder", henrik.as_str()), ("fra", "2020-01-01")]).await.status == 200);
    for (fields, said) in [
        ([("fra", "i går"), ("til", "")], "Skriv dagen som år-måned-dag"),
        ([("fra", "2026-10-06"), ("til", "2026-10-05")], "byt de to dage om"),
        ([("barn", "Asta"), ("til", "")], "vælg fra listerne"),
        (nobody, "vælg fra listerne"),
        ([("medarbejder", unknown.as_str()), ("til", "")], "vælg fra listerne"),
        ([("handling", "access-nonsense"), ("til", "")], "vælg fra listerne"),
    ] {
        let page = asks(&browser, &fields).await;
        assert_eq!((page.status, page.has(said), page.has("<tbody>")), (422, true, false), "{fields:?}");
    }
}

#[tokio::test]
async fn a_familys_extract_names_employees_only_where_the_municipality_says_so() {
    for named in [false, true] {
        let town = Town::with_log_control(named).await;
        looked_up(&town).await;
        let browser = town.browser().await;
        let page = asks(&browser, &[("barn", &child().id.to_hex()), ("udskriv", "ja")]).await;
        assert_eq!(page.status, 200);
        for words in ["<h1>Uddrag af adgangsloggen</h1>", "Nordby", "Asta Vesterholt", "<td>Læst</td>", "pædagog"] {
            assert!(page.has(words), "{words}");
        }
        assert_eq!(page.has("Ane Bregntoft"), named);
        assert_eq!(page.has("ikke med navn"), !named);
        assert!(!page.has("<code>"), "no device is told apart for a family");
    }
}

#[tokio::test]
async fn an_extract_is_of_one_child_or_one_employee_and_is_in_the_log_itself() {
    let town = Town::with_log_control(false).await;
    looked_up(&town).await;
    let browser = town.browser().await;
    let (barn, ane) = (child().id.to_hex(), town.phone.person().to_hex());
    for fields in [vec![("udskriv", "ja")], vec![("udskriv", "ja"), ("barn", &barn), ("medarbejder", &ane)]] {
        let refused = asks(&browser, &fields).await;
        assert!(refused.status == 422 && refused.has("Vælg enten ét barn eller én medarbejder"));
    }
    let of_ane = asks(&browser, &[("udskriv", "ja"), ("medarbejder", &ane)]).await;
    assert!(of_ane.status == 200 && of_ane.has("Ane Bregntoft") && of_ane.has("Asta Vesterholt"));
    asks(&browser, &[("udskriv", "ja"), ("barn", &barn)]).await;
    town.sync().await;
    let own = AccessFilter { person: Some(town.desk.person()), ..AccessFilter::default() };
    let rows = town.desk.access_log(&own, 100).unwrap();
    let done: Vec<_> =
        rows.iter().map(|row| (row.access, row.child)).filter(|(access, _)| *access != Access::Read).collect();
    for expected in [(Access::Audited, None), (Access::Printed, None), (Access::Printed, Some(child().id))] {
        assert_eq!(done.iter().filter(|one| **one == expected).count(), 1, "{expected:?} in {done:?}");
    }
    assert!(browser.get(PAGE).await.has("Set i adgangsloggen"));
}

#[tokio::test]
async fn a_device_that_keeps_its_log_to_itself_shows() {
    let town = Town::with_log_control(false).await;
    looked_up(&town).await;
    let browser = town.browser().await;
    // The page's clock is that of the contact here: what is told is how long nothing came.
    town.clock.store(system_now(), Ordering::SeqCst);
    let page = browser.get(PAGE).await;
    assert!(page.has("Ingen apparater mangler i loggen"), "{}", page.body);
    town.clock.store(system_now() + SILENT + 3_600_000, Ordering::SeqCst);
    let page = browser.get(PAGE).await;
    assert!(page.has("Har ikke sendt log siden") && page.has("Ane Bregntoft"));
    let extract = asks(&browser, &[("barn", &child().id.to_hex()), ("udskriv", "ja")]).await;
    assert!(extract.has("uddraget kan mangle opslag derfra"));
}

#[tokio::test]
async fn what_the_desk_shows_open_is_in_the_log_before_and_lists_are_not() {
    let town = Town::with_log_control(false).await;
    let note = town.arrives(observation("Samme trøje som i går")).await;
    let browser = town.browser().await;
    let own = || {
        let reads = AccessFilter { person: Some(town.desk.person()), access: Some(Access::Read), ..Default::default() };
        town.desk.access_log(&reads, 100).unwrap().len()
    };
    let csrf = browser.get("/").await.field("csrf");
    let (record, chronology) = (format!("/registrering/{}", note.to_hex()), format!("/barn/{}", child().id.to_hex()));
    for path in ["/", record.as_str(), chronology.as_str(), "/lagt-til-side"] {
        browser.get(path).await;
    }
    town.sync().await;
    assert_eq!(own(), 0, "nothing was open");
    browser.post(&format!("/laes/{}", note.to_hex()), &[("csrf", &csrf)]).await;
    town.sync().await;
    assert_eq!(own(), 1);
    let hidden = || raw_prefetch(&browser, &record);
    assert_eq!(hidden().await.status, 403);
    town.sync().await;
    assert_eq!(own(), 1, "nobody has seen what the browser fetched ahead");
    for (path, seen) in [(&record, 2), (&chronology, 3)] {
        browser.get(path).await;
        browser.get(path).await;
        town.sync().await;
        assert_eq!(own(), seen, "{path}");
    }
}

async fn raw_prefetch(browser: &Browser, path: &str) -> Answer {
    let headers = [("Host", browser.host.as_str()), ("Cookie", &browser.cookie), ("Sec-Purpose", "prefetch")];
    crate::browser::raw(browser.address, &format!("GET {path}"), &headers, "").await
}

#[tokio::test]
async fn names_in_the_log_are_shown_as_text_and_stand_in_no_address_or_title() {
    let town = Town::with_log_control(false).await;
    looked_up(&town).await;
    let browser = town.browser().await;
    let log = browser.get(PAGE).await;
    let extract = asks(&browser, &[("barn", &child().id.to_hex()), ("udskriv", "ja")]).await;
    for page in [log, extract] {
        let title = page.body.split("<title>").nth(1).unwrap().split('<').next().unwrap();
        assert!(!title.contains("Asta") && !title.contains("Ane"));
        for address in page.body.split("href=\"").skip(1).chain(page.body.split("action=\"").skip(1)) {
            let address = address.split('"').next().unwrap();
            assert!(!address.contains("Asta") && !address.contains("Ane"), "{address}");
        }
        assert!(!page.has("<script"));
    }
}
