//! What can be learned without a key: from errors, from everything that the relay has, from what was deleted.

use tvaers_core::audience::Audience;
use tvaers_core::client::Request;
use tvaers_core::kinds::{Content, Draft, Text};
use tvaers_core::seal::Item;
use tvaers_core::wire::codec::Canonical;
use tvaers_core::wire::hash::Label;
use tvaers_core::wire::ids::{ChunkId, CircleId, Fixed, MunicipalityId};
use tvaers_core::wire::limits;
use tvaers_core::wire::message::{
    BacklogRequest, Challenge, FeedItem, FrontierAnswer, FrontierRequest, PastOf, PushItem, Refused, session_scope,
};
use tvaers_core::wire::padding::padded_len;
use tvaers_tests::hostile::{Insider, Scene};

use super::{note, refused};

/// Stopped by `prove` in `server/src/http/session.rs`: one refusal for all. Of chunks `key_box` in `server/src/rules.rs`, of circles
/// `backlog` and `frontier` in `server/src/http/feed.rs`.
pub(super) fn attack_41_error_oracle() {
    let mut scene = Scene::new(3);
    scene.writes(0, "Sagen", &[1]);
    scene.meet();
    let stranger = Insider::new(&mut scene, 2);
    let case = Insider::new(&mut scene, 0);
    let case = case.case();
    let challenge = Challenge::from_bytes(&scene.ask(2, &Request::Challenge).unwrap()).unwrap();
    let scope = |municipality: &MunicipalityId| session_scope(municipality, &stranger.secret.id());
    let own = scope(&scene.town.authority().municipality);
    let other = scope(&MunicipalityId::new([1; 16]));
    let sign = |scope: &[u8], challenge: &[u8]| stranger.secret.sign(Label::SESSION, &[scope, challenge]);
    let mut garbled = challenge.challenge.0.clone();
    garbled[0] ^= 1;
    let wrong = [
        (challenge.challenge.0.clone(), sign(&other, &challenge.challenge)),
        (challenge.challenge.0.clone(), scene.secret(0).sign(Label::SESSION, &[&own, &challenge.challenge])),
        (challenge.challenge.0.clone(), Fixed([0; 64])),
        (garbled.clone(), sign(&own, &garbled)),
        (Vec::new(), sign(&own, &[])),
    ];
    let mut answers: Vec<(u16, Vec<u8>)> = Vec::new();
    for (challenge, signature) in wrong {
        let mut proof = scene.devices[2].session_request(&Challenge { challenge: challenge.into() });
        proof.signature = signature;
        answers.push(scene.relay.raw(2, true, "/v1/session", proof.to_bytes()));
    }
    // Who asks for a word of the authority about itself learns no more: not whether the proof is wrong, nor whether there is one.
    for (challenge, signature) in [
        (challenge.challenge.0.clone(), Fixed([0; 64])),
        (challenge.challenge.0.clone(), sign(&own, &challenge.challenge)),
    ] {
        let mut proof = scene.devices[2].session_request(&Challenge { challenge: challenge.into() });
        proof.signature = signature;
        answers.push(scene.relay.raw(2, true, "/v1/wipe", proof.to_bytes()));
    }
    assert!(answers[0].0 == 403 && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // A circle that is not there, and one that is not for this device.
    let past = |circle| BacklogRequest { circles: vec![PastOf { circle, after: 0 }] }.to_bytes();
    let hidden = scene.relay.raw(2, true, "/v1/backlog", past(case.id));
    let missing = scene.relay.raw(2, true, "/v1/backlog", past(CircleId::new([9; 32])));
    assert_eq!((hidden.0, &hidden), (200, &missing));
    assert!(!scene.past(0, case.id).is_empty() && scene.past(2, case.id).is_empty());
    // Nor how far its log has come, which says how many changes there were.
    let ask = FrontierRequest { circles: vec![case.id] }.to_bytes();
    let told = |scene: &Scene, device| {
        FrontierAnswer::from_bytes(&scene.relay.raw(device, true, "/v1/frontier", ask.clone()).1).unwrap().circles
    };
    assert!(told(&scene, 0).iter().any(|circle| !circle.entries.is_empty()) && told(&scene, 2).is_empty());
    let missing = FrontierRequest { circles: vec![CircleId::new([9; 32])] }.to_bytes();
    let [hidden, missing] = [ask, missing].map(|ask| scene.relay.raw(2, true, "/v1/frontier", ask));
    assert_eq!(hidden, missing);
    // The same of a chunk, and of tokens.
    let chunk = scene.feed(0).into_iter().find_map(|item| match item {
        FeedItem::Chunk { chunk, boxes, .. } => {
            Some((tvaers_core::wire::chunk::chunk_id(&chunk), boxes[0].key.clone()))
        }
        _ => None,
    });
    let (id, key) = chunk.unwrap();
    let results =
        [id, ChunkId::new([9; 32])].map(|chunk| scene.push(2, vec![PushItem::Box { chunk, key: key.clone() }]));
    assert!(results[0] == results[1] && refused(&results[0][0]) == Some(Refused::UnknownChunk));
    let tokens = ["", "x", &"00".repeat(72)]
        .map(|token| scene.relay.raw_under(token, &format!("/v1/pull?after={}", "0".repeat(48))));
    assert!(tokens[0].0 == 401 && tokens.iter().all(|answer| *answer == tokens[0]), "{tokens:?}");
}

/// Stopped by `seal` in `core/src/seal/mod.rs` and `padded_len` in `core/wire/src/padding.rs`.
pub(super) fn attack_45_relay_read_in_full() {
    let mut scene = Scene::new(2);
    const WORDS: [&str; 5] = ["KANARIEFUGL", "0101150001", "Prøve", "Barn 1", "Person 1"];
    scene.writes(0, "KANARIEFUGL om 010115-0001 og 0101150001", &[1]);
    for len in (1..240).step_by(3) {
        scene.writes(0, &"x".repeat(len), &[1]);
    }
    scene.meet();
    scene.removes(0, 1);
    scene.meet();
    let device = *scene.devices[0].installation().device.as_bytes();
    let files = scene.relay.read_in_full();
    let finds = |needle: &[u8]| {
        files.iter().filter(|(_, bytes)| bytes.windows(needle.len()).any(|part| part == needle)).count()
    };
    assert!(finds(&device) >= 2, "what is there is found, in the database and in its backup");
    for word in
        WORDS.into_iter().chain(["KANARIE", "010115-0001", "Arbejder her ikke mere", "pædagog", "Hus 0", "dagtilbud"])
    {
        let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((finds(word.as_bytes()), finds(hex.as_bytes())), (0, 0), "{word}");
    }
    let mut sizes = std::collections::BTreeSet::new();
    let mut chunks = 0;
    for chunk in Insider::new(&mut scene, 0).chunks() {
        let len = chunk.chunk.ciphertext.len() - 16;
        assert_eq!(len, padded_len(len), "a size of its own");
        // Whatever that says of itself: the smallest are all alike, and the others differ by sixteen bytes at least.
        assert!(len >= limits::PAD_FLOOR && len % 16 == 0, "{len}");
        sizes.insert(len);
        chunks += 1;
    }
    assert!(chunks > 80 && sizes.len() <= 12, "{sizes:?}");
}

/// Stopped by `write` in `core/src/document/frozen.rs`: a submitted note is a document of one change.
pub(super) fn attack_53_deleted_draft_words_in_a_submitted_note() {
    let mut scene = Scene::new(2);
    scene.writes(0, "Før", &[1]);
    scene.meet();
    let mut envelope = note(&scene, "");
    envelope.content = Content::Draft(Draft { seen_heard: Text::new("FORTRUDT om naboen").unwrap(), ..Draft::empty() });
    let draft = scene.submits(0, &envelope, Audience::Own);
    scene.sync(0);
    scene.edits(0, &draft, |envelope| {
        let Content::Draft(draft) = &mut envelope.content else { panic!("a draft") };
        draft.seen_heard = Text::new("Gik selv ind").unwrap();
    });
    let Content::Draft(words) = scene.devices[0].envelope(&draft).unwrap().content else { panic!("a draft") };
    let observation = words.finish().unwrap();
    envelope.content = Content::Observation(observation);
    let audience = Audience::Case(vec![scene.member(1)]);
    let submitted = scene.submits(0, &envelope, audience);
    scene.meet();
    assert!(scene.reads(1, &submitted));
    // Bo, with every key and everything that the relay has for anybody, opens whatever opens.
    let bo = Insider::helped(&mut scene, 1);
    let opened = bo.opened();
    assert!(opened.iter().any(|(_, body)| matches!(&body.item, Item::Frozen(record) if record.id() == submitted)));
    let holds = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    let submitted: Vec<Vec<u8>> = opened.iter().map(|(_, body)| body.to_bytes()).collect();
    assert!(submitted.iter().any(|body| holds(body, "Gik selv ind")));
    assert!(!submitted.iter().any(|body| holds(body, "FORTRUDT") || holds(body, "naboen")));
    // The words exist: for the author's own devices alone.
    let anna = Insider::new(&mut scene, 0);
    assert!(anna.opened().iter().any(|(_, body)| holds(&body.to_bytes(), "FORTRUDT")));
}
