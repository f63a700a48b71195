//! The ceremony, the sheets, the drill, the passphrase.

use super::office::{INIT, Paper, Place};

#[test]
fn a_municipality_is_founded_when_every_sheet_was_read_back() {
    let place = Place::empty();
    let mut ceremony = place.begin();
    let papers = ceremony.papers();
    assert!(!place.path("office.sealed").exists(), "nothing is founded before the sheets are known to be readable");
    ceremony.types(&papers[0].words);
    ceremony.types(&papers[1].code);
    ceremony.types(&papers[2].words.to_uppercase());
    let said = ceremony.ends();
    said.did("Kommunen er oprettet");
    said.did("hos 1 Anne Berg, 2 Bo Holm, 3 Carla Lind");
    assert!(!place.path("sheets").exists(), "the pages do not stay");
    for paper in &papers {
        let words: Vec<&str> = paper.words.lines().collect();
        assert!(!said.out.contains(words[0]), "no sheet's words are repeated");
    }
}

#[test]
fn a_ceremony_that_was_cut_off_was_never_begun() {
    let place = Place::empty();
    let mut first = place.begin();
    let void = first.papers();
    first.types(&void[0].words);
    first.cut_off();
    assert!(!place.path("office.sealed").exists());
    place
        .shows(&["status"])
        .refused("Der er intet kontor i office.sealed; lav det med init, eller peg på det med --office.");

    let mut again = place.begin();
    let papers = again.papers();
    papers.iter().for_each(|paper| again.types(&paper.words));
    let said = again.ends();
    said.did("Her lå nøgleark fra en afbrudt oprettelse.");
    let drill = place.run(&["drill"], &[], &void[0].words);
    let sentence = if drill.err.contains("kommune") {
        "Arket hører til en anden kommune."
    } else {
        "Arket er fra en anden deling end den gældende; det åbner intet og skal makuleres."
    };
    drill.refused(sentence);
}

#[test]
fn a_ceremony_ends_without_an_office_when_a_sheet_is_not_read_back() {
    let place = Place::empty();
    for (typed, sentence) in [
        (None, "Der kom ikke mere at læse; intet er ændret."),
        (Some(0), "Linje 3, ord 7 er ikke det, der står på arket."),
        (Some(1), "Det er en anden nøgleholders ark."),
    ] {
        let mut ceremony = place.begin();
        let papers = ceremony.papers();
        match typed {
            Some(0) => ceremony.types(&papers[0].mistyped(3, 7)),
            Some(other) => ceremony.types(&papers[other].words),
            None => {}
        }
        ceremony.ends().refused(sentence);
        assert!(!place.path("office.sealed").exists() && !place.path("sheets").exists());
    }
}

#[test]
fn an_office_is_never_founded_over_another() {
    let (place, _) = Place::founded();
    let before = std::fs::read(place.path("office.sealed")).unwrap();
    place.does(&INIT).refused("Der er allerede et kontor i filen; det bliver aldrig overskrevet.");
    assert_eq!(std::fs::read(place.path("office.sealed")).unwrap(), before);
}

#[test]
fn a_ceremony_is_refused_before_it_begins() {
    let place = Place::empty();
    let with = |at: usize, text: &'static str| {
        let mut args = INIT;
        args[at] = text;
        args
    };
    place
        .does(&with(3, "http://tvaers.nordby.example"))
        .refused("Serverens adresse skal begynde med https:// (http:// kun for 127.0.0.1 og localhost).");
    place.does(&with(7, "Anne Berg")).refused("Det navn er der allerede.");
    place.does(&with(7, "")).refused("Et navn eller nummer er tomt, for langt, eller har tegn, der ikke kan ses.");
    place
        .does(&[&INIT[..8], &INIT[10..]].concat())
        .refused("Der skal være tre nøgleholdere: skriv --holder NAVN tre gange.");
    place
        .does(&with(12, "--stretch-memory=63"))
        .refused("Kontorets adgangssætning ville ikke være beskyttet nok mod gæt.");
    place.secret("pass", "for kort");
    place.does(&INIT).refused("Adgangssætningen skal have mindst 20 tegn: fem eller flere ord, som ingen kan gætte.");
    place.mode("pass", 0o644);
    place
        .does(&INIT)
        .refused("Filen pass med adgangssætningen kan læses af andre; giv kun dig selv adgang (chmod 600).");
    let shown = place.shows(&INIT);
    shown.planned("Nordby");
    assert!(!place.path("office.sealed").exists() && !place.path("sheets").exists());
}

#[test]
fn a_drill_takes_any_two_sheets_and_is_noted() {
    let (place, papers) = Place::founded();
    place.shows(&["status"]).did("ikke gjort siden udstedelsen");
    let typed = format!("{}{}", papers[2].code, papers[0].words);
    place.run(&["drill"], &[], &typed).did("De to ark giver kommunens gendannelsesnøgle.");
    place.shows(&["audit"]).did("Mads  Nøglearkene hos Anne Berg og Carla Lind er prøvet sammen");
    place.shows(&["status"]).did("Prøve af nøgleark: senest");
}

#[test]
fn a_drill_says_what_is_wrong_and_leaves_no_entry() {
    let (place, papers) = Place::founded();
    let (_, foreign) = Place::elsewhere();
    let entries = |place: &Place| place.shows(&["audit"]).out.lines().count();
    let before = entries(&place);
    let two = |one: &str, other: &str| format!("{one}{other}");
    let short = papers[0].words.replacen(' ', "", 1);
    let [one, other] = [&papers[0], &papers[1]];
    for (typed, sentence) in [
        (two(&one.words, &one.code), "Det er det samme ark to gange."),
        (two(&one.words, &foreign[1].words), "Arket hører til en anden kommune."),
        (one.mistyped(1, 1), "Linje 1, ord 1 er ikke det, der står på arket."),
        (one.mistyped(5, 8), "Linje 5, ord 8 er ikke det, der står på arket."),
        (two(&one.words, &other.mistyped(2, 4)), "Linje 2, ord 4 er ikke det, der står på arket."),
        (one.words.replacen(' ', " rødgrød ", 1), "Linje 1 har 9 ord; der skal være 8."),
        (short, "Linje 1 har 7 ord; der skal være 8."),
        (swapped(one), "Linje 1 er ikke, som den står på arket: flere ord er forkerte, eller det er en anden linje."),
        (one.code.replace("TVAERS:ARK:1", "TVAERS:ARK:2"), BROKEN_CODE),
        (two(&one.code[..60], "\n"), BROKEN_CODE),
        (one.words.clone(), "Der kom ikke mere at læse; intet er ændret."),
    ] {
        place.run(&["drill"], &[], &typed).refused(sentence);
    }
    let mut unknown: Vec<&str> = one.words.split(' ').collect();
    unknown[2] = "fløde";
    place.run(&["drill"], &[], &unknown.join(" ")).refused("Linje 1, ord 3 er ikke et af ordene på noget ark.");
    assert_eq!(entries(&place), before);
}

const BROKEN_CODE: &str = "Det er ikke teksten fra et nøglearks QR-kode, eller den er ikke læst helt.";

fn swapped(paper: &Paper) -> String {
    let mut lines: Vec<&str> = paper.words.lines().collect();
    lines.swap(0, 3);
    lines.join("\n") + "\n"
}

#[test]
fn a_rotated_passphrase_closes_the_old_one_out() {
    let (place, _) = Place::founded();
    place.secret("new", "ni tamme tigre drikker saftevand");
    place.secret("weak", "kortkort");
    let rotate = |file| ["rotate-passphrase", "--new-passphrase-file", file];
    place.shows(&rotate("new")).planned("dgangssætning");
    place
        .does(&rotate("weak"))
        .refused("Adgangssætningen skal have mindst 20 tegn: fem eller flere ord, som ingen kan gætte.");
    place.shows(&["status"]).did("Nordby");
    place.does(&rotate("new")).did("Kontoret er låst med den nye adgangssætning.");
    place.shows(&["status"]).refused("Adgangssætningen er forkert.");
    place.shows(&["audit", "--passphrase-file", "new"]).did("Adgangssætningen skiftes");
}

#[test]
fn a_journal_that_was_noted_is_told_from_an_older_copy() {
    let (place, _) = Place::founded();
    std::fs::copy(place.path("office.sealed"), place.path("old.sealed")).unwrap();
    place.does(&["unit", "add", "Solsikken", "--kind", "dagtilbud"]).did("Det er gjort.");
    let status = place.shows(&["status"]).out;
    let noted = status.split("den seneste ").nth(1).unwrap().split(' ').next().unwrap();
    place.shows(&["audit", "--seen", noted]).did("2 poster, hver underskrevet");
    place
        .shows(&["audit", "--seen", noted, "--office", "old.sealed"])
        .refused("Logbogen har ikke den noterede post 2: kontoret er en gammel kopi, eller logbogen er skrevet om.");
    for malformed in ["", "2", "2:", "x:0123456789abcdef", "2:abc"] {
        let seen = format!("--seen={malformed}");
        place.shows(&["audit", &seen]).refused("Skriv den noterede post, som status viser den: 31:0123456789abcdef.");
    }
}

#[test]
fn english_is_spoken_to_who_asks_for_it() {
    let (place, _) = Place::founded();
    place.shows(&["status", "--language", "en"]).did("Municipality: Nordby");
    let wrong = place.shows(&["leave", "9", "--language", "en"]);
    wrong.refused("Nobody has that employee number.");
}
