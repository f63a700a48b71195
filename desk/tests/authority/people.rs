//! Units, roles, suspension, leaving.

use super::office::Place;

#[test]
fn nothing_is_done_without_a_terminal_unless_yes_is_said() {
    let (place, _) = Place::staffed();
    let before = std::fs::read(place.path("office.sealed")).unwrap();
    for command in [
        &["unit", "add", "Nord", "--kind", "klub"][..],
        &["profession", "add", "musikterapeut"],
        &["person", "import", "staff.csv", "--partial"],
        &["role", "grant", "0103", "dpo"],
        &["suspend", "0103"],
        &["leave", "0103"],
    ] {
        let shown = place.shows(command);
        // Importing the same list changes nothing, and says so.
        if command[0] == "person" {
            shown.did("Der er ikke noget at ændre.");
        } else {
            shown.planned("");
        }
        assert_eq!(std::fs::read(place.path("office.sealed")).unwrap(), before, "{command:?}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_in_one_sentence() {
    let (place, _) = Place::staffed();
    for (command, sentence) in [
        (&["unit", "add", "solsikken", "--kind", "klub"][..], "Det navn er der allerede."),
        (&["unit", "close", "Solsikken"], "Der arbejder stadig nogen i den enhed; flyt dem først."),
        (&["unit", "close", "Månen"], "Den enhed findes ikke."),
        (&["role", "grant", "0101", "forvalter"], "Medarbejderen har rollen allerede."),
        (&["role", "revoke", "0103", "dpo"], "Medarbejderen har ikke den rolle."),
        (
            &["role", "grant", "0103", "konge"],
            "Den rolle findes ikke; vælg en af forvalter, logkontrollant, leder, dpo.",
        ),
        (&["role", "grant", "9999", "dpo"], "Ingen har det medarbejdernummer."),
        (&["reinstate", "0103"], "Den medarbejder er ikke spærret."),
        (&["leave", "9999"], "Ingen har det medarbejdernummer."),
        (&["revoke-device", "0101/1"], "Det apparat findes ikke; skriv medarbejdernummer/apparatnummer, som 4711/2."),
        (&["profession", "add", "Pædagog"], "Faggruppen er på listen allerede."),
    ] {
        place.does(command).refused(sentence);
    }
    place.does(&["unit", "add", "Nord", "--kind", "børnehave"]).refused(
        "Den slags enhed findes ikke; vælg en af dagtilbud, skole, sundhedspleje, ppr, familieafdeling, klub, \
         modtagelse, it, logkontrol, andet.",
    );
}

#[test]
fn the_last_manager_stays() {
    let (place, _) = Place::staffed();
    let sentence = "Det er den sidste forvalter; udpeg en anden først.";
    place.does(&["role", "revoke", "0101", "forvalter"]).did("er ikke længere forvalter");
    place.does(&["role", "revoke", "0102", "forvalter"]).refused(sentence);
    place.does(&["leave", "0102"]).refused(sentence);
    place.does(&["suspend", "0102"]).refused(sentence);
    place.file("without.csv", b"Medarbejdernummer;Navn;Profession;Enhed\n0101;Ida Krogh;p\xc3\xa6dagog;Solsikken\n");
    place.does(&["person", "import", "without.csv"]).refused(sentence);
    place.does(&["role", "grant", "0103", "forvalter"]).did("bliver forvalter");
    place.does(&["leave", "0102"]).did("fratræder");
}

#[test]
fn who_left_is_shown_when_asked_for_and_takes_part_in_nothing() {
    let (place, _) = Place::staffed();
    let said = place.does(&["leave", "0103"]);
    said.did("Den, der går, kan stadig læse det, der ligger på sine egne apparater; intet nyt kan læses.");
    assert!(!place.shows(&["person", "list"]).out.contains("Kim Bæk"));
    place.shows(&["person", "list", "--all"]).did("0103 · Kim Bæk · pædagog · Solsikken · fratrådt");
    let sentence = "Den medarbejder er fratrådt.";
    for command in
        [&["leave", "0103"][..], &["suspend", "0103"], &["reinstate", "0103"], &["role", "grant", "0103", "dpo"]]
    {
        place.does(command).refused(sentence);
    }
}

#[test]
fn who_is_suspended_is_barred_until_reinstated() {
    let (place, _) = Place::staffed();
    place.does(&["suspend", "0103"]).did("Kim Bæk (0103) spærres");
    place.does(&["suspend", "0103"]).refused("Den medarbejder er spærret.");
    place.shows(&["person", "list"]).did("SPÆRRET");
    place.does(&["reinstate", "0103"]).did("Kim Bæk (0103) lukkes ind igen");
    assert!(!place.shows(&["person", "list"]).out.contains("SPÆRRET"));
}

#[test]
fn an_office_that_was_damaged_or_is_another_file_is_not_opened() {
    let (place, _) = Place::founded();
    let good = std::fs::read(place.path("office.sealed")).unwrap();
    place.file("office.sealed", &good[..good.len() - 7]);
    place.shows(&["status"]).refused("Kontorets fil er beskadiget; tag den nyeste sikkerhedskopi.");
    place.file("office.sealed", b"hello");
    place.shows(&["status"]).refused("Filen er ikke et kontor.");
    place.file("office.sealed", &good);
    place.secret("wrong", "otte vilde ræve spiser æbler");
    place.shows(&["status", "--passphrase-file", "wrong"]).refused("Adgangssætningen er forkert.");
    place
        .shows(&["status", "--passphrase-file", "nowhere"])
        .refused("Filen nowhere med adgangssætningen kan ikke læses.");
    place.shows(&["status"]).did("Nordby");
}
