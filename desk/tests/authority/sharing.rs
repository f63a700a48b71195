//! Who may be sent what, and on what lawful basis: a table that a jurist keeps in a spreadsheet.

use super::office::Place;

const TABLE: &str = "fra;til;registrering;hjemmel\n\
    *;familieafdeling+modtagelse;underretning;Barnets lov § 133\n\
    dagtilbud+skole;familieafdeling;iagttagelse+bekymring;Samtykke, forvaltningslovens § 28\n";

fn sets(place: &Place, table: &str) -> super::office::Said {
    place.file("matrix.csv", table.as_bytes());
    place.does(&["sharing", "set", "matrix.csv"])
}

#[test]
fn what_list_prints_is_what_set_takes() {
    let (place, _) = Place::staffed();
    let usual = place.shows(&["sharing", "list"]);
    assert!(usual.good && usual.err.contains("kommunens jurist skal bekræfte dem"), "{usual:?}");
    assert!(
        usual.out.starts_with("fra;til;registrering;hjemmel\n*;familieafdeling+modtagelse;underretning;"),
        "{usual:?}"
    );
    sets(&place, &usual.out).did("4 regler bestemmer, hvem der må sendes hvad; alt andet afvises");
    assert_eq!(place.shows(&["sharing", "list"]).out, usual.out);
    sets(&place, &usual.out).did("Der er ikke noget at ændre.");

    place.file("matrix.csv", TABLE.as_bytes());
    let shown = place.shows(&["sharing", "set", "matrix.csv"]);
    shown.planned("+ *;familieafdeling+modtagelse;underretning;Barnets lov § 133");
    shown.planned("- *;familieafdeling+modtagelse;underretning;Underretningspligt");
    assert_eq!(place.shows(&["sharing", "list"]).out, usual.out, "shown and not done");
    sets(&place, TABLE).did("2 regler bestemmer");
    assert_eq!(place.shows(&["sharing", "list"]).out, TABLE);
    place.shows(&["audit"]).did("2 regler bestemmer, hvem der må sendes hvad");
    place.does(&["sharing", "standard"]).did("de almindelige igen");
    assert_eq!(place.shows(&["sharing", "list"]).out, usual.out);
}

#[test]
fn every_fault_is_told_by_its_line_and_column_and_nothing_is_set() {
    let (place, _) = Place::staffed();
    let before = place.shows(&["sharing", "list"]).out;
    for (table, words) in [
        ("", "Filen har ingen linjer"),
        ("fra;til;registrering;hjemmel\n", "Filen har ingen linjer"),
        ("fra;til;hjemmel\n*;*;Samtykke\n", "kolonnen \"registrering\" mangler"),
        ("fra;til;registrering;hjemmel\nrådhus;*;*;Samtykke\n", "Linje 2, fra: \"rådhus\" er ikke en slags enhed"),
        ("fra;til;registrering;hjemmel\n*;*;sladder;Samtykke\n", "Linje 2, registrering: \"sladder\""),
        ("fra;til;registrering;hjemmel\n*;;*;Samtykke\n", "Linje 2, til: feltet er tomt"),
        ("fra;til;registrering;hjemmel\n*;*;*;\n", "Linje 2, hjemmel: feltet er tomt"),
        ("fra;til;registrering;hjemmel\n*;*;*\n", "Linje 2: 3 felter"),
        ("fra;til;registrering;hjemmel\n*;*;*;a\n*;x;*;b\n*;y;*;c\n", "Linje 4, til: \"y\""),
    ] {
        let said = sets(&place, table);
        assert!(!said.good && said.err.contains(words) && said.err.contains("intet er ændret"), "{table}: {said:?}");
    }
    let long = format!("fra;til;registrering;hjemmel\n*;*;*;{}\n", "x".repeat(161));
    assert!(sets(&place, &long).err.contains("Linje 2, hjemmel: feltet er for langt"));
    let many = format!("fra;til;registrering;hjemmel\n{}", "*;*;*;x\n".repeat(257));
    sets(&place, &many).refused(
        "En regel nævner kendte slags enheder og registreringer og en hjemmel på én linje; der kan være 256 regler.",
    );
    assert_eq!(place.shows(&["sharing", "list"]).out, before);
}
