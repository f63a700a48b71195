use super::*;

#[test]
fn units_are_named_once_and_closed_when_empty() {
    let Town { mut office, .. } = town();
    let add = |name: &'static str, kind: &'static str| {
        move |office: &mut Office| office.add_unit(name, kind, None, BY, &mut system())
    };
    assert_eq!(refused(&mut office, add("SOLSIKKEN", "dagtilbud")), OfficeError::NameTwice);
    assert_eq!(refused(&mut office, add("Ny", "børnehave")), OfficeError::UnknownKind);
    assert_eq!(refused(&mut office, add("", "skole")), OfficeError::Text);
    assert_eq!(refused(&mut office, |office| office.close_unit("Solsikken", BY)), OfficeError::UnitHasPeople);
    assert_eq!(refused(&mut office, |office| office.close_unit("Nordskolen", BY)), OfficeError::UnknownUnit);
    office.leave("2", BY).unwrap();
    office.close_unit("Vestskolen", BY).unwrap();
    assert_eq!(refused(&mut office, |office| office.close_unit("Vestskolen", BY)), OfficeError::UnitClosed);
    let rows = [row(&office, "5", "Lis", "Vestskolen", &[])];
    let import = |office: &mut Office| office.import(&rows, Missing::Stay, BY, &mut system());
    assert_eq!(refused(&mut office, import), OfficeError::UnitClosed);
    // Its name stays in the directory, and may be given anew.
    assert_eq!(Directory::from_bytes(&office.state.directory.body).unwrap().teams.len(), 2);
    office.add_unit("Vestskolen", "skole", None, BY, &mut system()).unwrap();
    assert!(office.unit("Vestskolen").unwrap().open);
}

#[test]
fn a_unit_is_renamed_to_a_name_that_no_other_has() {
    let Town { mut office, .. } = town();
    let rename = |old: &'static str, new: &'static str| move |office: &mut Office| office.rename_unit(old, new, BY);
    assert_eq!(refused(&mut office, rename("Solsikken", "VESTSKOLEN")), OfficeError::NameTwice);
    assert_eq!(refused(&mut office, rename("Nordskolen", "Ny")), OfficeError::UnknownUnit);
    assert_eq!(refused(&mut office, rename("Solsikken", " ")), OfficeError::Text);
    office.rename_unit("Solsikken", "SOLSIKKEN", BY).unwrap();
    let entries = office.journal().len();
    office.rename_unit("solsikken", "SOLSIKKEN", BY).unwrap();
    assert_eq!(office.journal().len(), entries, "the same name again is no act");
    office.leave("2", BY).unwrap();
    office.close_unit("Vestskolen", BY).unwrap();
    assert_eq!(refused(&mut office, rename("Vestskolen", "Ny")), OfficeError::UnitClosed);
    office.rename_unit("Solsikken", "Vestskolen", BY).unwrap();
}
