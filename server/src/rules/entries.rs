//! The checks of a control entry.

use std::collections::HashMap;

use tvaers_wire::entry::{Member, ParsedEntry, Subject, Wrap};
use tvaers_wire::ids::{DeviceId, EntryId, Fixed, Installation};
use tvaers_wire::limits;
use tvaers_wire::log::{Branches, CircleLog, Discounted, Earlier, InForce, LogError, Membership};
use tvaers_wire::message::Refused;
use tvaers_wire::vouched::Vouched;

use super::Refusal;
use crate::access;
use crate::world::{Circle, Last, View};

/// A wrap with its place in the entry's list.
pub type Listed<'a> = (usize, &'a Wrap);

/// What a control entry comes to.
#[derive(Debug)]
pub enum EntryVerdict {
    /// A rightful removal that does not know the newest of what would be cut off. Those to be removed write nothing more.
    TooEarly(Refusal),
    /// It is here already. Wraps that came with it may be new.
    Duplicate,
    /// The circle with this entry, and what the authority has vouched for with its vouchers.
    Folded(Box<CircleLog>, Box<Option<Vouched>>),
}

/// Checks a control entry. `is_stamped` says of it, and of the entries beside it, whether this relay had accepted them before it was put
/// back: those are not judged by who has been taken out since. `branches` are the entries among which one that unites two heads finds
/// both; `standing` answers where the installations of the entry's circle stand; `now` is in Unix seconds.
///
/// # Errors
/// [`Refusal`].
pub fn entry<V: View>(
    view: &V,
    entry: &ParsedEntry,
    is_stamped: impl Fn(&EntryId) -> bool,
    branches: &Branches<'_>,
    now: u64,
    standing: impl Fn() -> Vec<(Installation, Last)>,
) -> Result<EntryVerdict, Refusal> {
    let known = view.circle(&entry.circle);
    if known.is_some_and(|circle| circle.log.has(&entry.id)) {
        return Ok(EntryVerdict::Duplicate);
    }
    if known.is_none() && entry.public.circle.is_some() {
        return Err(Refused::UnknownCircle.into());
    }
    let vouched = view.vouched().ok_or(Refused::NotVouched)?;
    if is_stamped(&entry.id) {
        let (log, learned) = fold(&Earlier(view), view, entry, branches, known, vouched)?;
        return Ok(EntryVerdict::Folded(Box::new(log), Box::new(learned)));
    }
    let (log, learned) = fold(view, view, entry, branches, known, vouched)?;
    let vouched = learned.as_ref().unwrap_or(vouched);
    // Two holders of sheets are nobody's device: what they sign comes with whoever brings it.
    if vouched.recovery_key(&entry.public.device).is_none() {
        check_signer_listed(view, entry)?;
        check_not_late(view, known, entry, now)?;
    }
    if let Some(circle) = known.filter(|_| entry.public.united().is_some()) {
        check_branch(view, (circle, &log), branches, vouched, &is_stamped)?;
    }
    // What a branch takes away that was never here is measured like what an entry does by itself.
    let is_new = |id: &&EntryId| known.is_some_and(|circle| !circle.log.has(id)) && !is_stamped(id);
    let mut beside = log.entries.iter().filter(is_new).filter_map(|id| branches.get(id));
    if (entry.public.takes_away() || beside.any(|entry| entry.public.takes_away()))
        && let Err(refusal) = check_cuts(view, known, entry, &log, vouched, standing())
    {
        return Ok(EntryVerdict::TooEarly(refusal));
    }
    Ok(EntryVerdict::Folded(Box::new(log), Box::new(learned)))
}

/// Folds an entry again that was accepted and stored before, in its order.
///
/// # Errors
/// [`Refusal`].
pub fn refold<V: View>(
    view: &V,
    entry: &ParsedEntry,
    branches: &Branches<'_>,
    known: Option<&Circle>,
    vouched: &Vouched,
) -> Result<(CircleLog, Option<Vouched>), Refusal> {
    fold(&Earlier(view), view, entry, branches, known, vouched)
}

/// Folds an entry over its circle as it is, with the vouchers that it brings. Needs nothing but earlier entries.
fn fold<V: View>(
    force: &impl InForce,
    view: &V,
    entry: &ParsedEntry,
    branches: &Branches<'_>,
    known: Option<&Circle>,
    vouched: &Vouched,
) -> Result<(CircleLog, Option<Vouched>), Refusal> {
    let tips = entry.public.united().into_iter().flatten();
    let beyond = tips.filter_map(|tip| branches.beyond(&known?.log, &tip));
    let learned = learn(vouched, beyond.flatten().chain([entry]))?;
    let vouched = learned.as_ref().unwrap_or(vouched);
    let log = match known {
        None => {
            let log = CircleLog::found(entry, vouched, force).map_err(|error| folding(error, None))?;
            if let Some(circle) = view.in_force(&entry.public.subject) {
                return Err(Refusal::at_head(Refused::AlreadyFounded, circle.founding_entry()));
            }
            log
        }
        Some(circle) if entry.public.united().is_some() => {
            let merged = branches.merge(&circle.log, entry, vouched, force);
            merged.map_err(|error| folding(error, Some(circle.log.head())))?
        }
        Some(circle) => {
            let mut log = circle.log.clone();
            log.append(entry, vouched, force).map_err(|error| folding(error, Some(circle.log.head())))?;
            log
        }
    };
    Ok((log, learned))
}

/// The wraps that came with an entry, each with its place in the entry's list. Not all of them must come: after a restore
/// whoever has the entry brings it back, with the wraps that were its own, and others bring theirs.
///
/// # Errors
/// [`Refused::WrongWraps`] if one is not in the list, or comes twice.
pub fn listed<'w>(entry: &ParsedEntry, wraps: &'w [Wrap]) -> Result<Vec<Listed<'w>>, Refusal> {
    let mut listed: Vec<Listed<'w>> = Vec::with_capacity(wraps.len());
    let places: HashMap<(Member, Fixed<32>), usize> =
        entry.public.wraps.iter().enumerate().map(|(n, wrap)| ((wrap.member, wrap.hash), n)).collect();
    for wrap in wraps {
        let n = places.get(&(wrap.member, wrap.hash())).filter(|_| wrap.bytes.len() <= limits::WRAP);
        listed.push((*n.ok_or(Refused::WrongWraps)?, wrap));
    }
    listed.sort_unstable_by_key(|(n, _)| *n);
    let repeats = listed.windows(2).any(|pair| pair[0].0 == pair[1].0);
    if repeats { Err(Refused::WrongWraps.into()) } else { Ok(listed) }
}

fn learn<'e>(
    vouched: &Vouched,
    entries: impl IntoIterator<Item = &'e ParsedEntry>,
) -> Result<Option<Vouched>, Refusal> {
    let mut learned: Option<Vouched> = None;
    for voucher in entries.into_iter().flat_map(|entry| &entry.public.vouchers) {
        let learned = learned.get_or_insert_with(|| vouched.clone());
        learned.learn(voucher).map_err(|_| Refused::NotVouched)?;
    }
    Ok(learned)
}

/// What a device that is out signed could not come by itself, and does not come by a merge either, unless it was here before.
fn check_branch<V: View>(
    view: &V,
    (before, after): (&Circle, &CircleLog),
    branches: &Branches<'_>,
    vouched: &Vouched,
    is_stamped: impl Fn(&EntryId) -> bool,
) -> Result<(), Refusal> {
    let new = after.entries.iter().filter(|entry| !before.log.has(entry) && !is_stamped(entry));
    let mut signers = new.filter_map(|entry| branches.get(entry)).map(|entry| &entry.public.device);
    let may_be_here =
        |signer: &DeviceId| vouched.recovery_key(signer).is_some() || access::active_person(view, signer).is_some();
    if signers.all(may_be_here) { Ok(()) } else { Err(Refused::NotAllowed.into()) }
}

/// What was acknowledged must still count for readers after a removal, or when a device is cut off: a missing cut, or one below
/// what is stored, would make them refuse it. What waits until the circle says what of a lost device counts must not be refused either.
fn check_cuts<V: View>(
    view: &V,
    known: Option<&Circle>,
    entry: &ParsedEntry,
    after: &CircleLog,
    vouched: &Vouched,
    standing: Vec<(Installation, Last)>,
) -> Result<(), Refusal> {
    for (installation, last) in standing {
        let Some(writer) = vouched.person(&installation.device) else { continue };
        let place = (&installation, last.counter, &last.chunk);
        // Of a device that is out nothing counts until it is cut off, or leaves its person's circle, and then all of what is stored.
        let device = Member::Device(installation.device);
        let cut_off = entry.public.cut_off().any(|device| *device == installation.device)
            || (view.is_out(&installation.device) && entry.public.removals().any(|gone| *gone == device));
        let was = known.map(|circle| circle.log.still_counts(place, &writer, view));
        let is = after.still_counts(place, &writer, view);
        // Whoever unites two heads made neither of them, and cannot make a removal on one of them anew.
        let waits = was == Some(Err(Discounted::NotCut)) && entry.public.united().is_none();
        let hidden = waits && is == Err(Discounted::BeyondCut);
        if hidden || (is.is_err() && (cut_off || was == Some(Ok(())))) {
            return Err(Refusal::out_of_order(last.counter));
        }
    }
    Ok(())
}

/// A device that its person's circle does not list, or no longer, changes nothing by itself. Readers refuse one that was never listed
/// as well; that it is listed now only the relay can ask. Only a person's circle is founded by one that no circle lists yet.
fn check_signer_listed<V: View>(view: &V, entry: &ParsedEntry) -> Result<(), Refusal> {
    let listed = founds_own(entry) || access::active_person(view, &entry.public.device).is_some();
    if listed { Ok(()) } else { Err(Refused::NotAllowed.into()) }
}

fn founds_own(entry: &ParsedEntry) -> bool {
    entry.public.circle.is_none() && matches!(entry.public.subject, Subject::Person(_))
}

/// Whose membership has ended changes nothing more.
fn check_not_late<V: View>(view: &V, known: Option<&Circle>, entry: &ParsedEntry, now: u64) -> Result<(), Refusal> {
    let Some((circle, person)) = known.zip(access::active_person(view, &entry.public.device)) else { return Ok(()) };
    if circle.log.is_late(entry, &person, now, view) { Err(Refused::NotAllowed.into()) } else { Ok(()) }
}

fn folding(error: LogError, head: Option<EntryId>) -> Refusal {
    match error {
        LogError::UnknownDevice => Refused::UnknownDevice.into(),
        LogError::BadSignature => Refused::BadSignature.into(),
        LogError::StaleHead => Refusal { reason: Refused::StaleHead, counter: None, head },
        LogError::NotAllowed | LogError::NotListed => Refused::NotAllowed.into(),
        LogError::NotVouched => Refused::NotVouched.into(),
        LogError::Mismatch => Refused::Malformed.into(),
    }
}

/// The members that an entry newly adds to a circle as it was before.
pub fn added(before: Option<&CircleLog>, after: &CircleLog) -> Vec<Member> {
    let known = |member: &&Member| before.is_none_or(|log| !log.members.contains_key(*member));
    after.members.keys().filter(known).copied().collect()
}

/// The members whose time in a circle was over before an entry that gives them more (Unix seconds): what was written meanwhile they
/// have not been given.
pub fn returned(before: Option<&CircleLog>, after: &CircleLog, now: u64) -> Vec<Member> {
    let back = |(member, held): (&Member, &Membership)| {
        let again = after.members.get(member).is_some_and(|now_held| !now_held.has_ended(now));
        (again && held.has_ended(now)).then_some(*member)
    };
    before.into_iter().flat_map(|log| &log.members).filter_map(back).collect()
}

/// The members that an entry removes from a circle as it was before.
pub fn removed(before: Option<&CircleLog>, after: &CircleLog) -> Vec<Member> {
    let gone = |member: &&Member| !after.members.contains_key(*member);
    before.into_iter().flat_map(|log| log.members.keys()).filter(gone).copied().collect()
}
