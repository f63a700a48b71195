//! The attacks that Tværs withstands, by number: a hostile relay and hostile members against real devices. One row, one test;
//! with `--nocapture` each prints its line.

mod bombs;
mod continued;
mod epochs;
mod feed;
mod forgery;
mod heads;
mod invites;
mod keys;
mod life;
mod loss;
mod office;
mod places;
mod recovery;
mod removal;
mod secrecy;
mod silence;
mod swapped;

use tvaers_core::kinds::Envelope;
use tvaers_core::sync::Failure;
use tvaers_core::wire::message::{FeedItem, Pushed, Refused};
use tvaers_tests::hostile::Scene;
use tvaers_tests::town::{child, observation};

/// Number and attack, what is expected, and the room that it is tried in.
macro_rules! table {
    ($($attack:ident | $expected:literal | $room:ident)*) => {$(
        #[test]
        fn $attack() {
            $room::$attack();
            println!("{} | {} | held", stringify!($attack).replace('_', " "), $expected);
        }
    )*};
}

table! {
    attack_01_recipients_key_substituted_by_the_relay | "refused: not what the person signed" | keys
    attack_02_authoritys_key_substituted_during_first_enrolment | "invite's fingerprint stops it" | invites
    attack_03_authoritys_key_substituted | "hard stop" | keys
    attack_04_wrap_without_the_senders_signature | "refused" | keys
    attack_05_wrap_copied_to_another_circle_epoch_or_recipient | "context mismatch" | keys
    attack_06_low_order_or_non_canonical_public_key | "refused" | keys
    attack_07_chunk_replayed | "no-op" | feed
    attack_08_chunks_reordered | "same final state" | feed
    attack_09_tail_cut_off | "incomplete against what others have seen" | silence
    attack_10_gap_in_a_devices_counters | "held and shown" | silence
    attack_11_chunk_spliced_into_another_circle_or_document | "refused" | places
    attack_12_chunk_spliced_into_another_municipality | "refused" | places
    attack_13_bit_flip_at_every_byte | "all detected" | feed
    attack_14_document_rolled_back | "what is held stays" | feed
    attack_15_roster_rolled_back | "refused" | loss
    attack_16_two_devices_shown_two_histories | "found at the next exchange, both kept" | silence
    attack_17_epoch_downgrade | "refused" | epochs
    attack_18_version_downgrade | "floor compiled in" | keys
    attack_19_kdf_parameters_too_weak | "refused" | office
    attack_20_kdf_parameters_absurdly_large | "capped, before memory is taken" | office
    attack_21_forged_membership | "refused" | forgery
    attack_22_ghost_device_under_a_real_person | "not vouched for by the person's circle" | loss
    attack_23_removed_device_writes_with_a_back_dated_clock | "judged by order, not by time" | removal
    attack_24_removed_staff_reads_the_new_epoch_or_writes_beyond_the_cut | "cannot; refused by readers" | removal
    attack_25_hand_over_replayed_or_to_the_wrong_caseworker | "single use, named recipient" | loss
    attack_26_sender_spoofed | "signature binds device, person, document" | forgery
    attack_27_signature_made_for_one_purpose_used_for_another | "distinct labels; refused" | forgery
    attack_29_counter_wraps | "error, never wrap" | feed
    attack_30_restored_backup_with_the_same_actor | "new installation and actor; both edits survive" | life
    attack_31_type_time_or_author_changed_in_the_envelope | "covered by the signature" | forgery
    attack_32_decompression_or_run_length_bomb | "cut at the limit, below 32 MiB" | bombs
    attack_33_malformed_change_or_one_under_anothers_actor | "set aside; the document still opens" | bombs
    attack_34_change_accepted_but_document_no_longer_loads | "caught before it is kept" | bombs
    attack_35_a_hundred_thousand_changes_with_missing_dependencies | "capped per device" | bombs
    attack_36_huge_counters_depth_text_and_keys | "limit" | bombs
    attack_37_oversized_body_frame_and_header | "413, 431, closed" | bombs
    attack_38_invite_used_twice_raced_by_two_phones | "exactly one wins" | invites
    attack_39_invite_expired_or_its_secret_in_a_relay_log | "refused; the secret never reaches the relay" | invites
    attack_40_invite_guessed | "128 bits and rate-limited" | invites
    attack_41_error_oracle | "same code, same size" | secrecy
    attack_42_relay_drops_acknowledgements_or_withholds | "kept, and shown as not delivered" | silence
    attack_43_recovery_requested_by_the_server | "needs two of three holders" | recovery
    attack_44_sealed_fields_swapped_inside_a_record | "refused" | places
    attack_45_relay_read_in_full | "no word, no name; sizes padded" | secrecy
    attack_46_single_author_record_changed_by_a_co_member | "refused by every reader" | forgery
    attack_49_two_control_logs_shown_or_one_half_forgotten_and_returned | "both kept and shown, united; removals win" | heads
    attack_50_co_member_replaces_deletes_or_claims_anothers | "refused" | places
    attack_51_relay_answers_old_epoch_and_keeps_the_chunk | "same bytes, new box; no fork" | silence
    attack_52_who_joined_by_continued_in_opens_what_was_before | "cannot, with no key and no change of it" | continued
    attack_53_deleted_draft_words_in_a_submitted_note | "none in any chunk" | secrecy
    attack_54_token_from_before_a_restore | "new generation, nothing skipped" | silence
    attack_55_removed_managers_fork_that_removes_everybody | "void at the merge; nobody loses access" | heads
    attack_56_device_about_to_be_removed_keeps_writing | "removed all the same" | removal
    attack_57_relay_demands_a_new_installation | "needs evidence signed by the device" | life
    attack_58_back_dated_record_with_a_revoked_key_brought_by_an_accomplice | "shown as unconfirmed" | loss
    attack_59_co_members_bad_box_for_anothers_chunk | "another box is tried" | places
}

/// An observation about child 1.
fn note(scene: &Scene, text: &str) -> Envelope {
    observation(&child(1), text, scene.now)
}

/// The relay is honest from now on, and says once that it was restored: the device reads the feed from its beginning.
fn repent(scene: &mut Scene, device: usize) {
    let mut once = false;
    scene.relay.script(device, move |request, honest| {
        if !once && matches!(request, tvaers_core::client::Request::Pull { .. }) {
            once = true;
            return Err(Failure::Restored);
        }
        honest(request)
    });
}

/// True if one of these reasons names it.
fn names(reasons: &[String], word: &str) -> bool {
    reasons.iter().any(|reason| reason.contains(word))
}

fn refused(result: &Pushed) -> Option<Refused> {
    match result {
        Pushed::Refused { reason, .. } => Some(*reason),
        _ => None,
    }
}

/// A chunk of the feed by its writer's device and counter, receipts apart.
fn is_chunk_of(item: &FeedItem, installation: &tvaers_core::wire::ids::Installation, counter: u64) -> bool {
    let FeedItem::Chunk { chunk, .. } = item else { return false };
    let parsed = tvaers_core::wire::chunk::ParsedChunk::from_bytes(chunk).unwrap();
    parsed.header.installation == *installation && parsed.header.counter == counter
}
