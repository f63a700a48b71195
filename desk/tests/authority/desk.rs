//! A caseworker's desk as a person starts it: enrolled by an invite that IT gave out, opened, closed and opened again.

use tvaers_core::moment::{Moment, system_now};
use tvaers_core::rng;
use tvaers_core::view::Delivery;
use tvaers_wire::ids::ChildId;

use super::browser::Browser;
use super::office::Place;
use super::publish::{invites, waits};
use super::relay::{NewRelay, contact, phone};
use super::running::{CHILD, ENROL, Running, WORDS, block, enrols, gets, invited, kim, person, town, writes};

const REFUSED: &str = "Kommunen udveksler ikke længere noget med dette skrivebord. Det, der allerede ligger her, kan stadig læses. \
     Nyt kommer ikke, og det, du skriver, bliver her. Ring til it.";

#[test]
fn a_desk_that_was_enrolled_by_an_invite_gets_what_is_written_and_has_it_after_a_restart() {
    let (place, relay) = town();
    enrols(&place, "desk", "0102");
    let phone = kim(&place);
    let jo = person(&phone, "Jo Østergård");
    let note = writes(&phone, &jo, "Kom uden jakke i regnvejr.");
    assert_eq!(contact(&phone, &relay.url), None);

    let mut desk = Running::start(&place, "desk", &[], "");
    let link = desk.says("desk: ");
    gets(&phone, &relay.url, &note, &Delivery::Received);
    let again = Running::start(&place, "desk", &[], "").ends();
    again.refused("Skrivebordet er åbent i forvejen.");
    block(async {
        let browser = Browser::enter(&link).await;
        let page = browser.get("/").await;
        assert!(page.has("Jo Østergård") && page.has("Kom uden jakke") && page.has("Kim Bæk"), "{}", page.body);
        let read = browser.post(&format!("/laes/{}", note.to_hex()), &[("csrf", &page.field("csrf"))]).await;
        assert_eq!((read.status, read.header("location").is_some()), (303, true));
    });
    // What is done on the page leaves by itself.
    gets(&phone, &relay.url, &note, &Delivery::Read);
    let stopped = desk.stops();
    assert!(stopped.good && stopped.err.is_empty(), "{stopped:?}");
    assert!(!stopped.out.contains(WORDS) && !stopped.out.contains("jakke"));

    let mut desk = Running::start(&place, "desk", &["--language", "en"], "");
    let link = desk.says("desk: ");
    block(async {
        let page = Browser::enter(&link).await.get(&format!("/barn/{}", ChildId::new(CHILD).to_hex())).await;
        assert!(page.has("Kom uden jakke i regnvejr.") && page.has("I am the coordinator"), "{}", page.body);
    });
    assert!(desk.stops().good);
}

#[test]
fn a_child_goes_from_one_desk_to_another_with_what_was_written_and_what_comes() {
    let (place, relay) = town();
    enrols(&place, "jo", "0102");
    enrols(&place, "ida", "0101");
    let phone = kim(&place);
    let (jo, ida) = (person(&phone, "Jo Østergård"), person(&phone, "Ida Krogh"));
    let (child, mut rng) = (ChildId::new(CHILD), rng::system());
    phone.set_coordinator(&child, &jo, &mut Moment::new(system_now(), &mut rng)).unwrap();
    let note = writes(&phone, &jo, "Kom uden jakke i regnvejr.");
    let mut from = Running::start(&place, "jo", &[], "");
    let mut to = Running::start(&place, "ida", &[], "");
    let (link, other) = (from.says("desk: "), to.says("desk: "));
    gets(&phone, &relay.url, &note, &Delivery::Received);
    block(async {
        let browser = Browser::enter(&link).await;
        let here = format!("/barn/{}", child.to_hex());
        let csrf = browser.get(&here).await.field("csrf");
        assert_eq!(browser.post(&format!("/tovholder/{}", child.to_hex()), &[("csrf", &csrf)]).await.status, 303);
        let there = format!("/overdrag/{}", child.to_hex());
        let (form, ida) = (browser.get(&there).await.field("form"), ida.to_hex());
        let fields = [("csrf", &*csrf), ("form", &*form), ("til", &*ida), ("tekst", "Jeg går på barsel.")];
        assert_eq!(browser.post(&there, &fields).await.status, 303);
    });
    // The one who wrote follows, and writes to the successor from then on.
    let follows = (0..1_000).any(|_| {
        assert_eq!(contact(&phone, &relay.url), None);
        phone.coordinator(&child).unwrap() == Some(ida)
    });
    assert!(follows);
    let later = writes(&phone, &ida, "Har jakke med i dag.");
    gets(&phone, &relay.url, &later, &Delivery::Received);
    block(async {
        let page = Browser::enter(&other).await.get(&format!("/barn/{}", child.to_hex())).await;
        for words in ["Kom uden jakke i regnvejr.", "Har jakke med i dag.", "Jeg går på barsel.", "/overdrag/"] {
            assert!(page.has(words), "{words}: {}", page.body);
        }
    });
    assert!(from.stops().good && to.stops().good);
}

#[test]
fn a_persons_second_desk_reads_nothing_until_it_is_let_in_at_the_first() {
    let (place, relay) = town();
    enrols(&place, "desk", "0102");
    let phone = kim(&place);
    let jo = person(&phone, "Jo Østergård");
    let note = writes(&phone, &jo, "Kom uden jakke i regnvejr.");
    let mut first = Running::start(&place, "desk", &[], "");
    let link = first.says("desk: ");
    gets(&phone, &relay.url, &note, &Delivery::Received);

    enrols(&place, "laptop", "0102");
    let mut second = Running::start(&place, "laptop", &[], "");
    let code = second.says("dets cifre er ").split('.').next().unwrap().to_owned();
    let other = second.says("desk: ");
    block(async {
        let second = Browser::enter(&other).await;
        let browser = Browser::enter(&link).await;
        // Each look is a round to the desk; a thousand are far more than the word of the new device takes to come.
        let mut page = browser.get("/apparater").await;
        for _ in 0..1_000 {
            if page.has(&code) {
                break;
            }
            page = browser.get("/apparater").await;
        }
        assert!(page.has(&code) && page.has("Venter på at blive lukket ind"), "{}", page.body);
        assert!(!second.get("/").await.has("jakke"));
        let csrf = page.field("csrf");
        let wrong = browser.post("/apparater", &[("csrf", &csrf), ("cifre", "0000 0000 0000 0000")]).await;
        assert!(wrong.status == 422 && wrong.has("venter ikke længere"));
        assert_eq!(browser.post("/apparater", &[("csrf", "0"), ("cifre", &code)]).await.status, 403);
        assert_eq!(browser.post("/apparater", &[("csrf", &csrf), ("cifre", &code)]).await.status, 303);
        let mut read = second.get("/").await;
        for _ in 0..1_000 {
            if read.has("jakke") {
                break;
            }
            read = second.get("/").await;
        }
        assert!(read.has("Kom uden jakke"), "{}", read.body);
    });
    assert!(first.stops().good && second.stops().good);
}

#[test]
fn a_desk_says_that_it_is_refused_and_erases_itself_when_the_municipality_asks_for_that() {
    let (place, _relay) = town();
    enrols(&place, "desk", "0102");
    let mut desk = Running::start(&place, "desk", &[], "");
    let link = desk.says("desk: ");
    place.does(&["revoke-device", "0102/1"]).did("spærret for altid");
    place.does(&["publish"]).did("sendt");
    assert_eq!(desk.complains(), REFUSED);
    block(async {
        let page = Browser::enter(&link).await.get("/").await;
        assert!(page.has("Kommunen udveksler ikke længere noget med dette apparat."), "{}", page.body);
    });
    assert!(desk.stops().good, "what is here can still be read");

    place.does(&["wipe", "0102/1"]).did("bedes slette sig selv");
    place.does(&["publish"]).did("sendt");
    place.file("desk/desk.key.new", b"half written");
    let gone = Running::start(&place, "desk", &[], "").ends();
    let erased = gone.err.lines().last().unwrap();
    assert!(!gone.good && erased.starts_with("Dette skrivebord blev slettet af kommunen den "), "{gone:?}");
    assert!(erased.ends_with("Alt var sendt. Kommunen ved, at det er slettet. Ring til it."), "{erased}");
    let mut left: Vec<_> =
        std::fs::read_dir(place.path("desk")).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["desk.key.lock", "store.erased", "store.lock"], "nothing that opens anything");
    place.shows(&["devices"]).did("kvitterer");
    let still = Running::start(&place, "desk", &[], "").ends();
    assert!(!still.good && still.err.trim() == erased, "{still:?}");

    // A new invite begins anew, with new keys, in the same place.
    enrols(&place, "desk", "0102");
    let mut desk = Running::start(&place, "desk", &[], "");
    desk.says("Skrivebordet er åbent for Jo Østergård; dets cifre er ");
    desk.says("desk: ");
    assert!(desk.stops().good);
}

#[test]
fn an_invite_that_cannot_be_used_is_refused_in_one_sentence() {
    let (place, relay) = town();
    let enrol = |store: &str, typed: &str| Running::start(&place, store, &ENROL, typed).ends();
    for bad in ["", "TVAERS:INV:\n", "tovholder\n", "TVAERS:ARK:0102\n"] {
        let said = enrol("desk", bad);
        let sentence = match bad {
            "" => "Der kom ikke mere at læse; intet er ændret.",
            _ => "Det er ikke en invitation, eller den er ikke læst helt: indsæt hele linjen fra TVAERS:INV: på.",
        };
        said.refused(sentence);
    }
    let invite = invited(&place, "0103");
    enrol("desk", &invite.replacen('0', "1", 1))
        .refused("Det er ikke en invitation, eller den er ikke læst helt: indsæt hele linjen fra TVAERS:INV: på.");
    assert!(!place.path("desk").exists(), "nothing is made for what is no invite");

    // Somebody else was first.
    let _first = waits(phone(&place, "phone"), &invites(&invite).remove(0));
    enrol("desk", &invite).refused(
        "Invitationen er brugt af et andet apparat. Var det ikke dit eget, så ring til it med det samme; ellers bed om en ny.",
    );
    // Nobody has let that desk in.
    Running::start(&place, "desk", &[], "")
        .ends()
        .refused("Skrivebordet er ikke lukket ind endnu: kør enrol igen med den samme invitation.");

    let unknown = invites(&place.does(&["invite", "0103", "--relay", "http://127.0.0.1:1"]).out).remove(0);
    enrol("desk", &format!("{}\n", unknown.text().as_str()))
        .refused("Kommunens server svarer ikke. Er der net? Intet er tabt; prøv igen.");

    // A relay that has never heard of it: another municipality's.
    let other = NewRelay::start();
    let elsewhere = Place::elsewhere().0;
    elsewhere.does(&["publish", "--relay", &other.url, "--claim-code", &other.code]).did("sendt");
    let foreign = invites(&place.does(&["invite", "0103", "--relay", &other.url]).out).remove(0);
    enrol("desk", &format!("{}\n", foreign.text().as_str()))
        .refused("Invitationen er udløbet eller trukket tilbage: bed it om en ny.");
    drop(relay);
}

#[test]
fn a_desk_opens_with_its_own_passphrase_and_its_own_key_only() {
    let (place, _relay) = town();
    let open = |store: &str| Running::start(&place, store, &[], "").ends();
    open("desk").refused(
        "Her er intet skrivebord: tilmeld det først med tvaers desk --store MAPPE enrol, eller peg på det med --store.",
    );
    for (weak, sentence) in [
        ("kort", "Adgangssætningen skal have mindst 20 tegn: fem eller flere ord, som ingen kan gætte."),
        ("åååååååååååååååååååååååååååå", "Adgangssætningen skal have mindst 10 forskellige tegn."),
    ] {
        place.secret("desk-pass", weak);
        Running::start(&place, "desk", &ENROL, &invited(&place, "0101")).ends().refused(sentence);
    }
    place.secret("desk-pass", WORDS);
    enrols(&place, "desk", "0102");
    Running::start(&place, "desk", &ENROL, &invited(&place, "0102"))
        .ends()
        .refused("Skrivebordet i desk er tilmeldt i forvejen: åbn det med tvaers desk --store desk.");
    let key = std::fs::read(place.path("desk/desk.key")).unwrap();
    assert!(!key.windows(4).any(|part| WORDS.as_bytes().windows(4).any(|word| word == part)));

    place.secret("desk-pass", "syv gule lamper over havneN");
    open("desk").refused("Adgangssætningen er forkert.");
    place.mode("desk-pass", 0o644);
    open("desk")
        .refused("Filen desk-pass med adgangssætningen kan læses af andre; giv kun dig selv adgang (chmod 600).");

    place.secret("desk-pass", WORDS);
    place.secret("new-pass", "ni tamme tigre drikker saftevand");
    let rotate = ["rotate-passphrase", "--new-passphrase-file", "new-pass"];
    Running::start(&place, "desk", &rotate, "").ends().did("med den nye adgangssætning");
    open("desk").refused("Adgangssætningen er forkert.");

    place.secret("desk-pass", "ni tamme tigre drikker saftevand");
    enrols(&place, "other", "0101");
    let (mine, theirs) = (place.path("desk/desk.key"), std::fs::read(place.path("other/desk.key")).unwrap());
    let good = std::fs::read(&mine).unwrap();
    std::fs::write(&mine, theirs).unwrap();
    open("desk")
        .refused("Nøglefilen hører ikke til det, der ligger i mappen; de to er blandet sammen fra hver sit sted.");
    std::fs::copy(place.path("office.sealed"), &mine).unwrap();
    open("desk").refused("Nøglefilen er en helt anden fil.");
    std::fs::write(&mine, &good[..good.len() - 1]).unwrap();
    open("desk").refused("Nøglefilen er beskadiget; uden den kan det, der ligger her, ikke læses. Ring til it.");
    std::fs::remove_file(&mine).unwrap();
    for args in [&[][..], &ENROL] {
        Running::start(&place, "desk", args, &invited(&place, "0102")).ends().refused(
            "Nøglefilen desk.key mangler i desk; uden den kan det, der ligger der, ikke læses. Læg den tilbage, eller ring til it.",
        );
    }
    std::fs::write(&mine, good).unwrap();
    let mut desk = Running::start(&place, "desk", &[], "");
    desk.says("Skrivebordet er åbent for Jo Østergård; dets cifre er ");
    desk.says("desk: ");
    assert!(desk.stops().good);
}
