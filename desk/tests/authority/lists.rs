//! The HR system's list.

use super::office::{Place, STAFF};

fn import(place: &Place, list: &[u8]) -> super::office::Said {
    place.file("list.csv", list);
    place.does(&["person", "import", "list.csv"])
}

#[test]
fn a_list_is_read_in_every_form_that_spreadsheets_write() {
    let (place, _) = Place::staffed();
    let same = |list: &[u8]| {
        import(&place, list).did("0 kommer til, 0 får rettet navn eller faggruppe, 0 flytter enhed, 0 går.")
    };
    same(STAFF.as_bytes());
    same(&[b"\xef\xbb\xbf", STAFF.as_bytes()].concat());
    same(STAFF.replace(';', ",").as_bytes());
    same(STAFF.replace('\n', "\r\n").as_bytes());
    same(STAFF.replace("Ida Krogh", "\"Ida Krogh\"").as_bytes());
    same(STAFF.replace("pædagog", " PÆDAGOG ").as_bytes());
    same(format!("{STAFF}\n;;;;\n").as_bytes());
    let english = STAFF.replace("Medarbejdernummer;Navn;Profession;Enhed;Rolle", "NUMBER;name;profession;unit;role");
    same(english.as_bytes());
    let without: String = STAFF.lines().map(|line| line.rsplit_once(';').unwrap().0.to_owned() + "\n").collect();
    same(without.as_bytes());
    let other_order: String =
        STAFF.lines().map(|line| line.split(';').rev().collect::<Vec<_>>().join(";") + ";løn\n").collect();
    same(other_order.as_bytes());
}

#[test]
fn a_new_list_is_taken_as_a_difference() {
    let (place, _) = Place::staffed();
    let list = "Medarbejdernummer;Navn;Profession;Enhed\n\
        0101;Ida Krogh Holm;pædagog;Solsikken\n\
        0102;Jo Østergård;lærer;Solsikken\n\
        0104;Lis Dam;leder;Vestskolen\n";
    place.file("list.csv", list.as_bytes());
    let shown = place.shows(&["person", "import", "list.csv"]);
    shown.planned("1 kommer til, 1 får rettet navn eller faggruppe, 1 flytter enhed, 1 går.");
    shown.planned("Jo Østergård (0102) flytter fra Vestskolen til Solsikken");
    shown.planned("Kim Bæk (0103) fratræder");
    place.shows(&["person", "list"]).did("Kim Bæk");
    import(&place, list.as_bytes()).did("Lis Dam (0104) begynder i Vestskolen");
    let people = place.shows(&["person", "list"]).out;
    assert!(!people.contains("Kim Bæk") && people.contains("Ida Krogh Holm"));
    assert!(people.contains("forvalter"), "a list takes no role back");
    import(&place, list.as_bytes()).did("Der er ikke noget at ændre.");
    // Kim comes back.
    import(&place, format!("{list}0103;Kim Bæk;pædagog;Vestskolen\n").as_bytes()).did("kommer tilbage, i Vestskolen");
}

#[test]
fn a_list_of_some_people_ends_nobody_else() {
    let (place, _) = Place::staffed();
    place.file("list.csv", "Medarbejdernummer;Navn;Profession;Enhed\n0104;Lis Dam;leder;Vestskolen\n".as_bytes());
    place.does(&["person", "import", "list.csv", "--partial"]).did("1 kommer til");
    assert_eq!(place.shows(&["person", "list"]).out.lines().count(), 4);
}

#[test]
fn half_a_file_needs_the_number_of_leavers() {
    let (place, _) = Place::staffed();
    let many: String = (1..=30).map(|number| format!("1{number:03};Navn {number};pædagog;Solsikken;\n")).collect();
    import(&place, format!("{STAFF}{many}").as_bytes()).did("30 kommer til");
    place.file("list.csv", STAFF.as_bytes());
    place.does(&["person", "import", "list.csv"]).refused(
        "30 medarbejdere mangler i filen og ville blive meldt ud for altid; er det rigtigt, så gentag med --leavers 30.",
    );
    place.does(&["person", "import", "list.csv", "--leavers", "30"]).did("30 går");
}

#[test]
fn every_fault_is_told_by_its_line_and_column_and_nothing_is_taken() {
    let (place, _) = Place::staffed();
    let before = std::fs::read(place.path("office.sealed")).unwrap();
    let head = "Medarbejdernummer;Navn;Profession;Enhed;Rolle\n";
    for (line, sentence) in [
        (";Lis;leder;Vestskolen;", "Linje 2, medarbejdernummer: feltet er tomt."),
        ("0104; ;leder;Vestskolen;", "Linje 2, navn: feltet er tomt."),
        ("0104;Lis;;Vestskolen;", "Linje 2, profession: feltet er tomt."),
        ("0104;Lis;leder;;", "Linje 2, enhed: feltet er tomt."),
        (
            "0104;Lis;astronaut;Vestskolen;",
            "Linje 2, profession: \"astronaut\" er ikke på listen; ret den, eller tilføj den med profession add.",
        ),
        ("0104;Lis;leder;Månen;", "Linje 2, enhed: \"Månen\" findes ikke; ret den, eller tilføj den med unit add."),
        (
            "0104;Lis;leder;Vestskolen;kejser",
            "Linje 2, rolle: \"kejser\" er ikke en rolle; vælg af forvalter, logkontrollant, leder, dpo, eller lad feltet være tomt.",
        ),
        ("0104;Lis;leder", "Linje 2: 3 felter, der skal være 5."),
        ("0104;Lis;leder;Vestskolen;;", "Linje 2: 6 felter, der skal være 5."),
        ("0104;\"Lis;leder;Vestskolen;\n0105;Bo;leder;Vestskolen;", "Linje 2: 2 felter, der skal være 5."),
        (
            "0104;Lis\u{7}Dam;leder;Vestskolen;",
            "Linje 2, navn: feltet er for langt eller har tegn, der ikke kan ses; måske mangler et anførselstegn.",
        ),
        (
            "0104;Lis;leder;Vestskolen;\n\n0104;Bo;leder;Vestskolen;",
            "Linje 4, medarbejdernummer: nummeret er også på linje 2.",
        ),
    ] {
        let expected = format!("{sentence}\n1 fejl i list.csv; intet er ændret.");
        import(&place, format!("{head}{line}\n").as_bytes()).refused(&expected);
    }
    // Lines are counted as an editor does, whatever ends them and however many are empty.
    let twice = format!("{head}\n\n0104;Lis;leder;Vestskolen;\n\n\n0104;Bo;leder;Vestskolen;\n");
    for list in [twice.replace('\n', "\r\n"), twice] {
        let sentence = "Linje 7, medarbejdernummer: nummeret er også på linje 4.\n1 fejl i list.csv; intet er ændret.";
        import(&place, list.as_bytes()).refused(sentence);
    }
    import(&place, format!("{head};;;;\n0104;;;x\n0105;;y;Månen;\n").as_bytes()).refused(
        "Linje 3: 4 felter, der skal være 5.\nLinje 4, navn: feltet er tomt.\n2 fejl i list.csv; intet er ændret.",
    );
    assert_eq!(std::fs::read(place.path("office.sealed")).unwrap(), before);
}

#[test]
fn a_file_that_is_no_list_is_refused() {
    let (place, _) = Place::staffed();
    let one = |sentence: &str| format!("{sentence}\n1 fejl i list.csv; intet er ændret.");
    let not_text = one("Filen er ikke en tekstfil i UTF-8; gem den som \"CSV UTF-8\".");
    for (list, sentence) in [
        (&b""[..], one("Filen har ingen linjer under overskrifterne.")),
        (b"Medarbejdernummer;Navn;Profession;Enhed\n", one("Filen har ingen linjer under overskrifterne.")),
        (b"Navn;Profession;Enhed\nA;leder;Vestskolen\n", one("Linje 1: kolonnen \"medarbejdernummer\" mangler.")),
        (b"number;name;unit;profession;name\n", one("Linje 1: kolonnen \"navn\" er der to gange.")),
        (
            b"number;name;unit;profession;CPR-nr\n",
            one("Filen har en kolonne med CPR-numre; tag den ud, den hører ikke til her."),
        ),
        (
            b"number;name;unit;profession\n0104;J\xf8rgen;Vestskolen;leder\n",
            one("Linje 2, tegn 7: filen er ikke UTF-8; gem den som \"CSV UTF-8\"."),
        ),
        (b"\xff\xfen\0u\0m\0", not_text.clone()),
        (b"PK\x03\x04 a spreadsheet", not_text),
    ] {
        import(&place, list).refused(&sentence);
    }
    place.does(&["person", "import", "nowhere.csv"]).refused("Filen nowhere.csv kan ikke læses.");
}
