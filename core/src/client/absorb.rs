//! Absorbing: what the relay sends is kept, unverified, in one transaction with the token that says how far it reaches.

use rusqlite::Transaction;
use tvaers_wire::chunk::ParsedChunk;
use tvaers_wire::codec::{Canonical, DecodeError};
use tvaers_wire::entry::{Member, ParsedEntry, Wrap};
use tvaers_wire::ids::Stamp;
use tvaers_wire::limits;
use tvaers_wire::message::{Backlog, BacklogRequest, FeedItem, Page, SuppliedBox, Token};

use super::{ClientError, Device, Known, Processed};
use crate::store::entries::{self, EntryState};
use crate::store::inbox::{self, ChunkState};
use crate::store::{StoreError, circles, meta, unsent};

/// A page of no more items is taken in the transaction that keeps it: a person who saves meanwhile hardly waits for it.
const AT_ONCE: usize = 16;

impl Device {
    /// Where the feed has been read to, and the newest place that a push was confirmed at: both go into the next pull.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn tokens(&self) -> Result<(Token, Token), StoreError> {
        let held = self.known().echoes.as_ref().map(|(_, next)| *next);
        let (after, seen) =
            self.store.look(|conn| Ok::<_, StoreError>((meta::token(conn, "after")?, meta::token(conn, "seen")?)))?;
        Ok((held.unwrap_or(after), seen))
    }

    /// Keeps what was held back: see [`Device::take_page`].
    ///
    /// # Errors
    /// A store error; it comes again with the next contact then.
    pub fn keep_echoes(&self, now: i64) -> Result<(), ClientError> {
        if self.known().echoes.is_none() {
            return Ok(());
        }
        self.change(|tx, known| self.absorb_echoes(tx, known, now))
    }

    fn absorb_echoes(&self, tx: &Transaction<'_>, known: &mut Known, now: i64) -> Result<(), ClientError> {
        if let Some((items, next)) = known.echoes.take() {
            self.absorb(tx, known, &items, now)?;
            meta::set(tx, "after", &next.0)?;
        }
        Ok(())
    }

    /// True if this is nothing but chunks that this installation has sent and still has.
    fn is_echo(&self, items: &[FeedItem]) -> Result<bool, StoreError> {
        let own = |item: &FeedItem| match item {
            FeedItem::Chunk { chunk, .. } => ParsedChunk::from_bytes(chunk)
                .ok()
                .filter(|parsed| parsed.header.installation.receipts() == self.installation().receipts())
                .map(|parsed| parsed.id),
            _ => None,
        };
        let Some(ids) = items.iter().map(own).collect::<Option<Vec<_>>>() else { return Ok(false) };
        self.store.look(|conn| inbox::has_all(conn, &ids))
    }

    /// Keeps a page of the feed. Durable when this returns; nothing has been opened yet.
    ///
    /// # Errors
    /// [`ClientError::Answer`] if it is no page, or a store error; nothing is kept then, and the page comes again.
    pub fn absorb_page(&self, bytes: &[u8], now: i64) -> Result<Page, ClientError> {
        self.absorb_and(Page::from_bytes(bytes)?, now, |_, _, _| Ok(())).map(|(page, ())| page)
    }

    /// Keeps a page of the feed and, if it is a small one, takes it as far as it goes at once: the note that somebody waits for
    /// is there after one flush. The rest of a larger one is for [`Device::process`]. A few own chunks that come back are held in
    /// memory until something else is written or the contact ends: they bring nothing but the relay's time, and come again. For
    /// them, and for a page without anything, `None`.
    ///
    /// # Errors
    /// As [`Device::absorb_page`].
    pub fn take_page(&self, bytes: &[u8], now: i64) -> Result<(Page, Option<Processed>), ClientError> {
        let page = Page::from_bytes(bytes)?;
        let held = self.known().echoes.as_ref().map_or(0, |(items, _)| items.len());
        let rereads = self.known().rereads;
        if !rereads && !page.items.is_empty() && held + page.items.len() <= AT_ONCE && self.is_echo(&page.items)? {
            let mut known = self.known();
            known.has_read(page.more);
            let (items, next) = known.echoes.get_or_insert_with(|| (Vec::new(), page.next));
            items.extend(page.items.iter().cloned());
            *next = page.next;
            drop(known);
            return Ok((page, None));
        }
        self.absorb_and(page, now, |tx, known, page| {
            if page.items.is_empty() {
                return Ok(None);
            }
            let (mut done, mut below) = (Processed::default(), i64::MAX);
            if page.items.len() <= AT_ONCE {
                self.turn(tx, known, &mut below, &mut done)?;
                // What follows opening is still to be done, once whoever waits has been told.
                known.inbox_due = true;
            }
            Ok(Some(done))
        })
    }

    fn absorb_and<T: Default>(
        &self,
        page: Page,
        now: i64,
        then: impl FnOnce(&Transaction<'_>, &mut Known, &Page) -> Result<T, ClientError>,
    ) -> Result<(Page, T), ClientError> {
        if page.items.is_empty() && self.tokens()?.0 == page.next && !self.known().rereads {
            self.known().has_read(page.more);
            // Nothing is new, the place included: nothing to write and nothing to flush.
            return Ok((page, T::default()));
        }
        let done = self.change(|tx, known| {
            self.absorb_echoes(tx, known, now)?;
            self.absorb(tx, known, &page.items, now)?;
            meta::set(tx, "after", &page.next.0)?;
            known.has_read(page.more);
            self.has_reread(tx, known, page.more)?;
            then(tx, known, &page)
        })?;
        Ok((page, done))
    }

    fn absorb(&self, tx: &Transaction<'_>, known: &mut Known, items: &[FeedItem], now: i64) -> Result<(), StoreError> {
        // The members whose wraps the relay serves to this device.
        let teams = known.teams_of(&self.person).into_iter().map(Member::Team);
        let own = [Member::Device(self.secret.id()), Member::Person(self.person)];
        let served: Vec<Member> = own.into_iter().chain(teams).collect();
        for item in items {
            match item {
                FeedItem::Statement { statement } => self.absorb_statement(tx, known, statement, now)?,
                FeedItem::Chunk { chunk, boxes, received_at } => {
                    known.time.heard(i64::try_from(*received_at).unwrap_or(i64::MAX));
                    self.absorb_chunk(tx, known, (chunk, boxes), *received_at as i64, now)?;
                }
                FeedItem::Granted { circle } => {
                    known.granted.insert(*circle);
                    circles::set_backlog(tx, circles::row(tx, circle)?, Some(0))?;
                }
                _ => {
                    if let FeedItem::Entry { entry, .. } = item {
                        known.ends_due |= known.has_ends;
                        self.is_known_again(tx, known, entry)?;
                    }
                    absorb(tx, item, &served, now)?;
                }
            }
        }
        if !items.is_empty() {
            let entries = items.iter().any(|item| matches!(item, FeedItem::Entry { .. }));
            known.arrived(entries);
            if entries {
                unsent::wake(tx)?;
            }
        }
        Ok(())
    }

    fn absorb_chunk(
        &self,
        tx: &Transaction<'_>,
        known: &mut Known,
        (bytes, boxes): (&[u8], &[SuppliedBox]),
        received_at: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        let parsed = match ParsedChunk::from_bytes(bytes) {
            Ok(parsed) => parsed,
            Err(error) => return inbox::put_aside(tx, now, &error.to_string(), bytes),
        };
        let circle = circles::row(tx, &parsed.header.circle)?;
        self.notice_another_life(tx, known, &parsed, circle)?;
        let new = inbox::put_chunk(tx, &parsed, bytes, circle, Some(received_at), ChunkState::Inbox)?;
        let mut more = false;
        for supplied in boxes {
            more |= inbox::put_box(tx, &parsed.id, supplied)?;
        }
        if more && !new { inbox::wake(tx, &parsed.id) } else { Ok(()) }
    }

    /// The request for the pasts of circles that are still to be fetched, if there are any: as many as may be asked for at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn backlog_request(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.known().granted.clear();
        let circles = self.store.look(|conn| circles::backlogs(conn, limits::ASKED_CIRCLES))?;
        Ok((!circles.is_empty()).then(|| BacklogRequest { circles }.to_bytes()))
    }

    /// Keeps the pasts that were answered, with how far each reaches: all of that or nothing.
    ///
    /// # Errors
    /// As [`Device::absorb_page`]; an answer to more than was asked, or to nothing of it, is none.
    pub fn take_backlog(&self, request: &[u8], answer: &[u8], now: i64) -> Result<(), ClientError> {
        let asked = BacklogRequest::from_bytes(request)?.circles;
        let Backlog { items, answered } = Backlog::from_bytes(answer)?;
        if answered.is_empty() || answered.len() > asked.len() {
            let why = format!("{} of {} circles are answered", answered.len(), asked.len());
            return Err(DecodeError::Malformed { what: Backlog::NAME, why }.into());
        }
        self.change(|tx, known| {
            self.absorb(tx, known, &items, now)?;
            for (past, answered) in asked.iter().zip(answered) {
                if known.granted.contains(&past.circle) {
                    continue;
                }
                let row = circles::row(tx, &past.circle)?;
                circles::set_backlog(tx, row, answered.more.then_some(answered.next))?;
            }
            Ok(())
        })
    }
}

fn absorb(tx: &Transaction<'_>, item: &FeedItem, served: &[Member], now: i64) -> Result<(), StoreError> {
    match item {
        FeedItem::Entry { entry, wraps, stamp } => absorb_entry(tx, (entry, stamp), wraps, served, now),
        FeedItem::Box { chunk, key } => {
            if inbox::put_box(tx, chunk, key)? {
                inbox::wake(tx, chunk)
            } else {
                Ok(())
            }
        }
        // Looked at where more is known.
        FeedItem::Statement { .. } | FeedItem::Chunk { .. } | FeedItem::Granted { .. } => Ok(()),
    }
}

fn absorb_entry(
    tx: &Transaction<'_>,
    (bytes, stamp): (&[u8], &Stamp),
    wraps: &[Wrap],
    served: &[Member],
    now: i64,
) -> Result<(), StoreError> {
    match ParsedEntry::from_bytes(bytes) {
        Ok(parsed) => {
            // A wrap that the entry does not list is nobody's word, and must not stand where the true one will come.
            let signed = |wrap: &&Wrap| {
                let hash = wrap.hash();
                parsed.public.wraps.iter().any(|listed| listed.member == wrap.member && listed.hash == hash)
            };
            let (wraps, unsigned): (Vec<&Wrap>, Vec<&Wrap>) = wraps.iter().partition(signed);
            for wrap in unsigned {
                inbox::put_aside(tx, now, "a key that its sender has not signed", &wrap.bytes)?;
            }
            let wraps: Vec<Wrap> = wraps.into_iter().cloned().collect();
            // A wrap that is held here and would have been served is one that a restored relay has lost: it goes back. That
            // the entry is there says nothing of the wraps for others, so one that waits to be pushed still does.
            let (held, unsent) = (entries::wraps_of(tx, &parsed.id)?, entries::is_unsent(tx, &parsed.id)?);
            let lost = held.iter().any(|wrap| (unsent || served.contains(&wrap.member)) && !wraps.contains(wrap));
            entries::put(tx, &parsed.id, &parsed.circle, bytes, &wraps, (EntryState::Waiting, lost))?;
            entries::set_stamp(tx, &parsed.id, stamp)
        }
        Err(error) => inbox::put_aside(tx, now, &error.to_string(), bytes),
    }
}

#[cfg(test)]
mod tests {
    use tvaers_wire::ids::{CircleId, Fixed};
    use tvaers_wire::message::Answered;

    use super::*;
    use crate::client::push::tests::alone;

    fn granted(circle: u8) -> FeedItem {
        FeedItem::Granted { circle: CircleId::new([circle; 32]) }
    }

    fn keep(device: &Device, items: Vec<FeedItem>) {
        let page = Page { items, next: Fixed([1; 24]), more: false };
        device.take_page(&page.to_bytes(), 1).unwrap();
    }

    fn answer(answered: &[(u64, bool)]) -> Vec<u8> {
        let answered = answered.iter().map(|&(next, more)| Answered { next, more }).collect();
        Backlog { items: Vec::new(), answered }.to_bytes()
    }

    /// Which circles are asked for, and from where.
    fn asked(device: &Device) -> Vec<(u8, u64)> {
        let request = device.backlog_request().unwrap();
        let circles = request.map_or(Vec::new(), |bytes| BacklogRequest::from_bytes(&bytes).unwrap().circles);
        circles.iter().map(|past| (past.circle.as_bytes()[0], past.after)).collect()
    }

    #[test]
    fn pasts_are_asked_for_until_each_has_come_to_its_end() {
        let device = alone();
        assert_eq!(device.backlog_request().unwrap(), None);
        keep(&device, vec![granted(1), granted(2), granted(3)]);
        let request = device.backlog_request().unwrap().unwrap();
        device.take_backlog(&request, &answer(&[(7, false), (9, true)]), 2).unwrap();
        assert_eq!(asked(&device), [(2, 9), (3, 0)], "the rest of the second, and what was not answered");
        let request = device.backlog_request().unwrap().unwrap();
        device.take_backlog(&request, &answer(&[(10, false), (0, false)]), 3).unwrap();
        assert_eq!(asked(&device), []);
    }

    #[test]
    fn an_answer_to_nothing_or_to_more_than_was_asked_is_none() {
        let device = alone();
        keep(&device, vec![granted(1)]);
        let request = device.backlog_request().unwrap().unwrap();
        for wrong in [answer(&[]), answer(&[(1, false), (2, false)])] {
            assert!(matches!(device.take_backlog(&request, &wrong, 2), Err(ClientError::Answer(_))));
        }
        assert_eq!(asked(&device), [(1, 0)]);
    }

    #[test]
    fn a_past_that_is_granted_while_an_answer_is_on_its_way_is_asked_for_again() {
        let device = alone();
        keep(&device, vec![granted(1), granted(2)]);
        let request = device.backlog_request().unwrap().unwrap();
        keep(&device, vec![granted(2)]);
        device.take_backlog(&request, &answer(&[(7, false), (0, false)]), 2).unwrap();
        assert_eq!(asked(&device), [(2, 0)]);
    }
}
