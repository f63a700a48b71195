//! Handing over all of one's children in one act.

use tvaers_core::audience::Audience;
use tvaers_core::moment::Moment;
use tvaers_core::rng;
use tvaers_wire::ids::ChildId;

use crate::town::{NOW, Town, child, observation};

/// Everything that is one's own goes in one act, or only the child that was open.
#[tokio::test]
async fn all_children_are_handed_over_in_one_act_when_that_is_ticked() {
    let town = Town::new().await;
    let (mine, to) = (town.desk.person(), town.phone.person());
    let mut other = child();
    other.id = ChildId::new([8; 16]);
    for about in [child(), other.clone()] {
        for device in [&town.phone, &town.desk] {
            device.set_coordinator(&about.id, &mine, &mut Moment::new(NOW, &mut rng::system())).unwrap();
        }
        let mut note = town.phone.envelope(&town.writes(observation("Kort"))).unwrap();
        note.about = Some(about);
        town.phone.submit(&note, &[Audience::Line(mine)], &mut Moment::new(NOW, &mut rng::system())).unwrap();
    }
    town.sync().await;
    let browser = town.browser().await;
    let here = format!("/overdrag/{}", child().id.to_hex());
    let page = browser.get(&here).await;
    assert!(page.has("Alle 2 børn, jeg er tovholder for"));
    let (csrf, form, successor) = (page.field("csrf"), page.field("form"), to.to_hex());
    let sends = async |more: &[(&str, &str)]| {
        let fields = [("csrf", csrf.as_str()), ("form", form.as_str()), ("til", successor.as_str())];
        browser.post(&here, &[&fields, more].concat()).await
    };
    let again = sends(&[("alle", "ja")]).await;
    assert!(again.status == 422 && again.has("name=\"alle\" value=\"ja\" checked"), "it stays ticked");
    assert_eq!(sends(&[("alle", "ja"), ("tekst", "Orlov")]).await.status, 303);
    for about in [child().id, other.id] {
        assert_eq!(town.desk.coordinator(&about).unwrap(), Some(to));
    }
    town.sync().await;
    town.sync().await;
    for about in [child().id, other.id] {
        assert_eq!(town.phone.coordinator(&about).unwrap(), Some(to));
    }
}
