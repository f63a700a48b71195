//! Persons with a device and a circle each, without stores: what logs are made of and verified against.

use anyhow::Result;
use tvaers_core::circle::{Draft, MadeEntry, Recipient, found};
use tvaers_core::directory::AuthorityKey;
use tvaers_core::keys::{DeviceSecret, Root, Secret};
use tvaers_core::rng::{self, bytes};
use tvaers_core::wire::entry::{Member, Rights, Subject};
use tvaers_core::wire::ids::{DeviceId, MunicipalityId, PersonId};
use tvaers_core::wire::log::{CircleLog, InForce};
use tvaers_core::wire::vouched::Vouched;

/// Persons, and what everybody knows of them.
pub(super) struct People {
    pub(super) authority: AuthorityKey,
    pub(super) vouched: Vouched,
    pub(super) all: Vec<Person>,
}

/// A person with one device.
pub(super) struct Person {
    pub(super) id: PersonId,
    pub(super) device: DeviceSecret,
    /// The root of the person's circle.
    pub(super) root: Root,
    log: CircleLog,
}

impl People {
    /// So many, certified, with circles.
    pub(super) fn new(count: usize) -> Result<Self> {
        let rng = &mut rng::system();
        let mut authority = AuthorityKey::from_seed(&Secret::random(rng), MunicipalityId::new(bytes(rng)), 0)?;
        let mut vouched = Vouched::new(authority.authority());
        let mut all = Vec::new();
        for _ in 0..count {
            let (id, device) = (PersonId::new(bytes(rng)), DeviceSecret::generate(rng)?);
            vouched.learn(&authority.certify(id, device.keys())?)?;
            let mut draft = Draft::default();
            let member = Member::Device(device.id());
            draft.add(Recipient { member, epoch: None, kem: device.keys().kem }, Rights::Manage);
            let (made, root) = found(Subject::Person(id), draft, &device, rng)?;
            let log = CircleLog::found(&made.parsed, &vouched, &Nobody)?;
            all.push(Person { id, device, root, log });
        }
        Ok(Self { authority, vouched, all })
    }

    /// A circle of these, founded and managed by the first.
    pub(super) fn found(&self, subject: Subject, draft: Draft) -> Result<(MadeEntry, Root, CircleLog)> {
        let (made, root) = found(subject, draft, &self.all[0].device, &mut rng::system())?;
        let mut vouched = self.vouched.clone();
        for voucher in &made.parsed.public.vouchers {
            vouched.learn(voucher)?;
        }
        let log = CircleLog::found(&made.parsed, &vouched, self)?;
        Ok((made, root, log))
    }

    /// The key that a person is wrapped to.
    pub(super) fn recipient(&self, number: usize) -> Option<Recipient> {
        let (member, epoch) = (Member::Person(self.all[number].id), self.all[number].log.epoch()?);
        Some(Recipient { member, epoch: Some(epoch.entry), kem: *epoch.kem.as_deref()? })
    }
}

impl InForce for People {
    fn out_since(&self, _: &DeviceId) -> Option<u64> {
        None
    }
    fn log_of(&self, member: &Member) -> Option<&CircleLog> {
        let Member::Person(person) = member else { return None };
        self.all.iter().find(|one| one.id == *person).map(|one| &one.log)
    }
}

/// Before anybody has a circle.
struct Nobody;

impl InForce for Nobody {
    fn out_since(&self, _: &DeviceId) -> Option<u64> {
        None
    }
    fn log_of(&self, _: &Member) -> Option<&CircleLog> {
        None
    }
}
