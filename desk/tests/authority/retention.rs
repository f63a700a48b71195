//! How long records are kept, in the office's words.

use super::office::Place;

#[test]
fn rules_are_set_shown_and_ended_and_stand_in_the_journal() {
    let (place, _) = Place::staffed();
    place.shows(&["retention", "list"]).did("alt gemmes, til to personer sletter det");
    place.shows(&["retention", "set", "iagttagelse", "60"]).planned("iagttagelse gemmes i 60 måneder");
    place.shows(&["retention", "list"]).did("alt gemmes, til to personer sletter det");
    place.does(&["retention", "set", "Iagttagelse", "60"]).did("iagttagelse gemmes i 60 måneder");
    place.does(&["retention", "set", "draft", "6"]).did("kladde gemmes i 6 måneder");
    place.shows(&["retention", "list"]).did("kladde: 6 måneder");
    place.does(&["retention", "end", "kladde"]).did("kladde gemmes uden frist");
    let list = place.shows(&["retention", "list"]).out;
    assert!(list.contains("iagttagelse: 60 måneder") && !list.contains("kladde"), "{list}");
    place.shows(&["audit"]).did("iagttagelse gemmes i 60 måneder");
}

#[test]
fn what_cannot_be_meant_is_refused_in_one_sentence() {
    let (place, _) = Place::staffed();
    for (command, words) in [
        (["retention", "set", "sladder", "60"], "Vælg en af: barn, kladde, iagttagelse"),
        (["retention", "set", "adgang", "60"], "Vælg en af"),
        (["retention", "set", "iagttagelse", "0"], "1 til 1.200 måneder"),
        (["retention", "set", "iagttagelse", "1201"], "1 til 1.200 måneder"),
    ] {
        let said = place.does(&command);
        assert!(!said.good && said.out.is_empty() && said.err.contains(words), "{said:?}");
    }
    place.shows(&["retention", "list"]).did("alt gemmes, til to personer sletter det");
}
