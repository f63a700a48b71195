//! What all handlers share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::watch;
use tvaers_wire::entry::Member;
use tvaers_wire::error::ErrorCode;
use tvaers_wire::ids::{CircleId, DeviceId};
use tvaers_wire::message::{FeedItem, Page, TOKEN_START, Token};
use tvaers_wire::statement::{Authority, SignedStatement, Statement};
use tvaers_wire::vouched::Vouched;

use crate::access;
use crate::committer::Committer;
use crate::config::{Bounds, Clock};
use crate::http::error::ApiError;
use crate::limiter::Limiter;
use crate::storage::{PageQuery, Storage};
use crate::tokens::{Tokens, feed_token, read_feed_token};
use crate::waiters::Waiters;
use crate::world::View;

/// The running relay.
pub(crate) struct App<S> {
    pub(crate) storage: Arc<S>,
    pub(crate) committer: Committer,
    pub(crate) waiters: Arc<Waiters>,
    pub(crate) tokens: Tokens,
    pub(crate) bounds: Bounds,
    pub(crate) clock: Clock,
    pub(crate) claim_code: Option<String>,
    pub(crate) devices: Limiter<DeviceId>,
    pub(crate) addresses: Limiter<IpAddr>,
    /// Mailboxes asked for by one address.
    pub(crate) guesses: Limiter<IpAddr>,
    /// Live streams now.
    pub(crate) live: AtomicUsize,
    /// True once the relay is stopping.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl<S: Storage> App<S> {
    /// What a statement says, judged by every key that the authority had.
    pub(crate) fn check(&self, signed: &SignedStatement) -> Result<Statement, ApiError> {
        let world = self.storage.world().read();
        let vouched = world.vouched().ok_or(ErrorCode::Unavailable)?;
        Ok(vouched.check(signed).map_err(|_| ErrorCode::Forbidden)?)
    }

    /// The municipality's authority in force; a relay that has not been claimed yet has none.
    pub(crate) fn authority(&self) -> Result<Authority, ApiError> {
        let authority = self.storage.world().read().vouched().map(Vouched::authority);
        Ok(authority.ok_or(ErrorCode::Unavailable)?)
    }

    /// The sequence number of a feed token, if this database gave it.
    pub(crate) async fn check_token(&self, token: &Token) -> Result<u64, ApiError> {
        if *token == TOKEN_START {
            return Ok(0);
        }
        let (generation, place) = read_feed_token(token);
        let known = {
            let world = self.storage.world().read();
            if generation != world.generation || place.seq > world.head.seq {
                return Err(ErrorCode::Restored.into());
            }
            if place.seq == 0 {
                // The end of a feed that was empty then.
                return if place.nonce == [0; 8] { Ok(0) } else { Err(ErrorCode::Restored.into()) };
            }
            let after = world.recent.partition_point(|commit| commit.seq < place.seq);
            match world.recent.get(after) {
                // The oldest remembered commit may have others before it.
                Some(commit) if after > 0 || commit.seq == place.seq => Some(commit.nonce),
                Some(_) => None,
                None => Some(world.head.nonce).filter(|_| after > 0 || world.head.seq == place.seq),
            }
        };
        let nonce = match known {
            Some(nonce) => Some(nonce),
            None => self.storage.nonce_at(place.seq).await?,
        };
        if nonce == Some(place.nonce) { Ok(place.seq) } else { Err(ErrorCode::Restored.into()) }
    }

    /// Everything after a place that the device may have, as far as it fits in a page of about so many bytes. Asks the access table before and after
    /// reading: what was removed meanwhile is not delivered.
    pub(crate) async fn page(&self, device: &DeviceId, after: u64, bytes: usize) -> Result<Page, ApiError> {
        let (query, generation, head) = {
            let world = self.storage.world().read();
            check_device(&*world, device)?;
            let keys = access::feed_keys(&*world, device);
            if world.high(&keys) <= after {
                let next = feed_token(world.generation, world.head);
                return Ok(Page { items: Vec::new(), next, more: false });
            }
            let rows = keys.iter().filter_map(|key| world.keys.get(key)).filter(|key| key.high > after);
            let query = PageQuery {
                keys: rows.map(|key| key.row).collect(),
                wraps: access::wrap_members(&*world, device),
                after,
                upto: world.head.seq,
                items: tvaers_wire::limits::PAGE_ITEMS,
                bytes,
            };
            (query, world.generation, world.head)
        };
        let read = self.storage.page(query).await?;
        let world = self.storage.world().read();
        check_device(&*world, device)?;
        let now = self.clock.now();
        let mut allowed = std::collections::HashMap::new();
        let mut may_read =
            |circle| *allowed.entry(circle).or_insert_with(|| access::may_read(&*world, device, &circle, now));
        let rows = read.rows.into_iter();
        // Entries are indexed only for whoever may see them, the removed member's last one included; whose time in a circle is over gets
        // no key with them. Statements are everybody's.
        let person = access::active_person(&*world, device).map(Member::Person);
        let is_over = |circle: &CircleId| {
            let held = person.and_then(|person| world.circle(circle)?.log.members.get(&person));
            held.is_some_and(|held| held.has_ended(now))
        };
        let items = rows.filter_map(|row| match (row.item, row.circle) {
            (FeedItem::Entry { entry, stamp, .. }, Some(circle)) if is_over(&circle) && !may_read(circle) => {
                Some(FeedItem::Entry { entry, wraps: Vec::new(), stamp })
            }
            (item @ FeedItem::Entry { .. }, _) => Some(item),
            (item, circle) => circle.is_none_or(&mut may_read).then_some(item),
        });
        let items = items.collect();
        Ok(Page { items, next: feed_token(generation, read.more.unwrap_or(head)), more: read.more.is_some() })
    }
}

/// A known device that is not out and was not removed from its person's circle.
pub(crate) fn check_device<V: View>(view: &V, device: &DeviceId) -> Result<(), ApiError> {
    let Some(vouched) = view.vouched() else { return Err(ErrorCode::Unavailable.into()) };
    if view.is_removed(device) || view.is_out(device) {
        return Err(ErrorCode::Forbidden.into());
    }
    vouched.person(device).map(|_| ()).ok_or(ErrorCode::Unauthorized.into())
}

/// Waits until the relay is told to stop.
pub(crate) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that whoever would tell is gone.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
