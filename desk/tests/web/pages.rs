//! What the pages show.

use tvaers_core::audience::Audience;
use tvaers_core::kinds::{
    Amendment, Assessment, Concern, ConcernState, Intervention, InterventionState, Level, List, Measure, Observation,
    Position, Recipient, Score, Short, Voice, Vote,
};

use crate::browser::Browser;
use crate::town::{Town, child, observation, submit, text};

async fn open(browser: &Browser, town: &Town) {
    let csrf = browser.get("/soeg").await.field("csrf");
    for row in town.desk.inbox(100).unwrap() {
        browser.post(&format!("/laes/{}", row.record.to_hex()), &[("csrf", &csrf)]).await;
    }
}

fn title(body: &str) -> &str {
    body.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).unwrap().0
}

#[tokio::test]
async fn the_inbox_says_who_wrote_what_about_whom_and_when() {
    let town = Town::new().await;
    town.arrives(observation("Samme trøje som i går")).await;
    let browser = town.browser().await;
    let page = browser.get("/").await;
    assert_eq!(page.status, 200);
    let said =
        ["<html lang=\"da\">", "<h1>I dag</h1>", "1 ulæste", "Samme trøje", "Iagttagelse", "Ane Bregntoft", "pædagog"];
    let more =
        ["Børnehuset Tangloppen", "Asta Vesterholt", "f. 2022", "i dag kl. 13.50", "Kom frem", "Alt herfra er sendt"];
    for words in said.into_iter().chain(more) {
        let shown = page.has(words) || (words == "1 ulæste" && page.has("1 ulæst"));
        assert!(shown, "{words}");
    }
    let english = browser.get("/?lang=en").await;
    assert!(english.has("<html lang=\"en\">") && english.has("<h1>Today</h1>") && english.has("Observation"));
    assert!(browser.get("/soeg").await.has("<h1>Search</h1>"), "the choice is kept");
}

#[tokio::test]
async fn one_chronology_holds_every_kind_each_in_its_form() {
    let town = Town::new().await;
    let note = Observation {
        childs_words: Some(text("Ba")),
        interpretation: Some(text("Mor virker udmattet")),
        ..observation("Mor sidder på bænken")
    };
    let note = town.writes(note);
    town.writes(Amendment { of: note, text: text("Det var klokken otte"), reason: None });
    town.writes(Assessment { position: Position::Yellow, indicators: List::default(), dissent: None });
    let mut votes = tvaers_core::kinds::ByPerson::default();
    votes.set(town.phone.person(), Vote { level: Level::Serious, why: None }).unwrap();
    town.writes(Concern {
        trigger: text("Tre ting på to uger"),
        purpose: None,
        votes,
        decided: None,
        recipient: Recipient::Person(town.desk.person()),
        parents_contacted: None,
        observations: List::default(),
        childs_perspective: None,
        familys_perspective: None,
        perspective_missing: Some(text("Hun er 16 måneder")),
        state: ConcernState::New,
    });
    let goal = town.writes(Intervention {
        goal: text("Hentes til tiden"),
        childs_goal: None,
        actions: List::default(),
        responsible: None,
        start: None,
        review_at: None,
        baseline: Some(Score::new(2).unwrap()),
        state: InterventionState::Running,
        evaluation: None,
    });
    for value in [4, 7] {
        town.writes(Measure { intervention: goal, value: Score::new(value).unwrap(), by_whom: None, note: None });
    }
    town.sync().await;
    let browser = town.browser().await;
    open(&browser, &town).await;
    let page = browser.get(&format!("/barn/{}", child().id.to_hex())).await;
    assert_eq!(page.status, 200);
    for words in [
        "<blockquote class=\"quote\"><bdi>Ba</bdi>",
        "class=\"part reading\"",
        "class=\"amendment\"",
        "Det var klokken otte",
        "<span aria-hidden=\"true\">▲</span> Gul – øget opmærksomhed",
        "Alvorlig bekymring",
        "Niveauet er ikke fastsat endnu",
        "Hun er 16 måneder",
        "Udgangspunkt og målinger fra 0 til 10: 2, 4, 7",
        "oktober 2026",
    ] {
        assert!(page.has(words), "{words}");
    }
    assert_eq!(page.body.matches("<article").count(), 4, "corrections and measures stand with what they belong to");
}

#[tokio::test]
async fn what_people_type_is_shown_as_text() {
    let town = Town::new().await;
    let typed = "<script>alert(1)</script> <img src=x onerror=y> \"'& slog \u{202E}ekki\u{202C} \u{0}slut";
    town.writes(Observation { childs_words: Some(text(typed)), ..observation(typed) });
    town.writes(Voice {
        whose: Short::new("<b>Barnet</b>").unwrap(),
        method: None,
        verbatim: Some(text(typed)),
        rating: None,
        not_obtained_reason: None,
    });
    town.sync().await;
    let browser = town.browser().await;
    let chronology = format!("/barn/{}", child().id.to_hex());
    let check = async || {
        let csrf = browser.get("/soeg").await.field("csrf");
        let found = browser.post("/soeg", &[("csrf", &csrf), ("ord", "<script>\" slog")]).await;
        for page in [browser.get("/").await, browser.get(&chronology).await, found] {
            assert_eq!(page.status, 200);
            assert!(page.has("alert(1)"));
            for hostile in ["<script", "<img", "<b>", "\u{202E}", "\u{202C}", "\0"] {
                assert!(!page.has(hostile), "{hostile:?}");
            }
        }
    };
    check().await;
    open(&browser, &town).await;
    check().await;
    assert!(browser.get(&chronology).await.has("⟨U+202E⟩ekki⟨U+202C⟩ ⟨U+0000⟩slut"));
}

#[tokio::test]
async fn no_name_stands_in_a_title_or_an_address() {
    let town = Town::new().await;
    let note = town.arrives(observation("Samme trøje som i går")).await;
    let browser = town.browser().await;
    open(&browser, &town).await;
    let paths = [
        "/".to_owned(),
        format!("/barn/{}", child().id.to_hex()),
        format!("/registrering/{}", note.to_hex()),
        "/lagt-til-side".to_owned(),
        "/soeg".to_owned(),
    ];
    for path in paths {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        let addresses = page.body.split(['<', '>']).flat_map(|tag| {
            let values = ["href=\"", "action=\"", "src=\""].into_iter().filter_map(|name| tag.split_once(name));
            values.map(|(_, rest)| rest.split('"').next().unwrap())
        });
        for shown in addresses.chain([title(&page.body)]) {
            for name in ["Asta", "Vesterholt", "Ane", "Bregntoft", "Henrik", "trøje"] {
                assert!(!shown.contains(name), "{path}: {shown}");
            }
        }
    }
}

#[tokio::test]
async fn search_finds_by_words_and_answers_to_forms_only() {
    let town = Town::new().await;
    town.arrives(observation("Sad under bordet med rygsækken")).await;
    let browser = town.browser().await;
    let csrf = browser.get("/soeg").await.field("csrf");
    let found = browser.post("/soeg", &[("csrf", &csrf), ("ord", "rygsæk")]).await;
    assert!(found.has("1 fundet") && found.has("Sad under bordet"));
    assert!(browser.post("/soeg", &[("csrf", &csrf), ("ord", "\" OR *")]).await.has("Ingen fundet"));
    assert!(!browser.get("/soeg?ord=rygs").await.has("Sad under bordet"));
    assert_eq!(browser.post("/soeg", &[("ord", "rygsæk")]).await.status, 403);
}

#[tokio::test]
async fn an_own_record_says_where_it_is() {
    let town = Town::new().await;
    let own = submit(&town.desk, observation("Telefonsamtale"), &[Audience::Line(town.phone.person())]).to_hex();
    let browser = town.browser().await;
    let path = format!("/registrering/{own}");
    assert!(browser.get(&path).await.has("Kun på denne computer"));
    assert!(!browser.get(&path).await.has("action=\"/svar/"), "nobody answers themselves");
    assert!(browser.get("/lagt-til-side").await.has("1 ikke sendt"));
    town.sync().await;
    assert!(browser.get(&path).await.has("Sendt – ikke hentet endnu af Ane Bregntoft"));
    town.sync().await;
    assert!(browser.get(&path).await.has("Fremme hos Ane Bregntoft"));
    assert!(browser.get("/lagt-til-side").await.has("Alt er sendt"));
}

#[tokio::test]
async fn what_is_not_here_is_said_without_a_trace() {
    let town = Town::new().await;
    let browser = town.browser().await;
    for path in [
        "/barn/x".to_owned(),
        format!("/barn/{}", "0".repeat(32)),
        format!("/registrering/{}", "0".repeat(64)),
        "/registrering/..%2f..%2fetc".to_owned(),
        "/nowhere".to_owned(),
    ] {
        let answer = browser.get(&path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.has("Siden findes ikke"), "{path}");
    }
    assert_eq!(browser.get("/laes/x").await.status, 405);
}

#[tokio::test]
async fn who_coordinates_hands_the_case_over_with_a_reason_and_nobody_else_can() {
    let town = Town::new().await;
    town.arrives(observation("Samme trøje som i går")).await;
    let browser = town.browser().await;
    let id = child().id.to_hex();
    let here = format!("/overdrag/{id}");
    assert_eq!(browser.get(&here).await.status, 404, "not one's own to hand over");
    let mut rng = tvaers_core::rng::system();
    let now = &mut tvaers_core::moment::Moment::new(crate::town::NOW, &mut rng);
    town.phone.set_coordinator(&child().id, &town.desk.person(), now).unwrap();
    let unclaimed = browser.get(&format!("/barn/{id}")).await;
    assert!(unclaimed.has("Ingen tovholder er kendt") && !unclaimed.has("/overdrag/"));
    let claims = format!("/tovholder/{id}");
    let csrf = unclaimed.field("csrf");
    assert_eq!(browser.post(&claims, &[("csrf", "0")]).await.status, 403);
    assert_eq!(browser.post(&format!("/tovholder/{}", "0".repeat(32)), &[("csrf", &csrf)]).await.status, 404);
    assert_eq!(town.desk.coordinator(&child().id).unwrap(), None);
    assert_eq!(browser.post(&claims, &[("csrf", &csrf)]).await.status, 303);
    town.sync().await;
    let page = browser.get(&here).await;
    assert!(page.has("Overdrag til en kollega") && page.has("Ane Bregntoft") && !page.has("Henrik Stenduus · social"));
    let (csrf, form, to) = (page.field("csrf"), page.field("form"), town.phone.person().to_hex());
    let sends = |to: &str, text: &str| {
        [("csrf", csrf.clone()), ("form", form.clone()), ("til", to.to_owned()), ("tekst", text.to_owned())]
    };
    for (to, text, said) in [("", "Barsel", "Vælg en kollega, der"), (to.as_str(), " ", "Skriv en begrundelse")] {
        let fields = sends(to, text);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let again = browser.post(&here, &fields).await;
        assert!(again.status == 422 && again.has(said), "{said}");
    }
    let fields = sends(&to, "Barsel fra marts");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post(&here, &fields).await.status, 303);
    town.sync().await;
    town.sync().await;
    assert_eq!(town.phone.coordinator(&child().id).unwrap(), Some(town.phone.person()));
    let chronology = browser.get(&format!("/barn/{id}")).await;
    assert!(chronology.has("Barsel fra marts") && !chronology.has("/overdrag/"), "it is somebody else's now");
    assert!(!chronology.has(&claims));
    assert_eq!(browser.post(&claims, &[("csrf", &csrf)]).await.status, 303);
    assert_eq!(town.desk.coordinator(&child().id).unwrap(), Some(town.phone.person()), "nobody takes a child");
}
