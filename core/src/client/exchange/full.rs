//! The disk is full: nothing more of what arrives can be kept. What was written here leaves all the same, with the store's reserve,
//! and then the contact is over.

use super::{Exchange, Input, Output, Request};
use crate::client::{ClientError, Device, Processed};
use crate::moment::Moment;
use crate::store::StoreError;

const FULL: ClientError = ClientError::Store(StoreError::DiskFull);

impl Exchange {
    /// Something found no room. Goes on with what is to leave, if the relay is there.
    pub(super) fn out_of_room(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        out: &mut dyn FnMut(Output),
    ) -> Result<(), ClientError> {
        if self.full || !self.is_open() {
            return Err(FULL);
        }
        self.full = true;
        // One that is on its way is answered first.
        if self.pushing.is_some() { Ok(()) } else { self.push_last(device, moment, out) }
    }

    /// What comes in after that.
    pub(super) fn last(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        input: Input,
        out: &mut dyn FnMut(Output),
    ) -> Result<(), ClientError> {
        match input {
            Input::Answer(Request::Push(_), Ok(answer)) => {
                let batch = self.pushing.take().ok_or(FULL)?;
                if device.pushed(batch, &answer, moment.now)?.stored == 0 {
                    return Err(FULL);
                }
                out(Output::Changed(Processed::default()));
                self.push_last(device, moment, out)
            }
            Input::Answer(Request::Push(_), Err(_)) | Input::Stop => Err(FULL),
            // Whatever else was asked for cannot be kept.
            _ => Ok(()),
        }
    }

    fn push_last(
        &mut self,
        device: &Device,
        moment: &mut Moment<'_>,
        out: &mut dyn FnMut(Output),
    ) -> Result<(), ClientError> {
        // It stays noted if there is no room for it.
        let _ = device.write_access_events(true, moment);
        let batch = device.next_push(moment)?.ok_or(FULL)?;
        out(Output::Send(Request::Push(batch.request.clone())));
        self.pushing = Some(batch);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tvaers_wire::bytes::Bytes;
    use tvaers_wire::codec::Canonical;
    use tvaers_wire::ids::Fixed;
    use tvaers_wire::message::{Challenge, FeedItem, Page, PushAnswer, PushRequest, Pushed, SessionAnswer};

    use super::*;
    use crate::audience::Audience;
    use crate::client::push::tests::alone_in;
    use crate::kinds::{Kind, samples};
    use crate::rng::system;
    use crate::store::tests::key;
    use crate::store::tests::space::Mount;
    use crate::store::{Store, meta};
    use crate::sync::Mode;

    /// A relay that has much for this device, and takes everything.
    fn answer(request: &Request) -> Vec<u8> {
        match request {
            Request::Challenge => Challenge { challenge: Bytes(vec![1; 32]) }.to_bytes(),
            Request::Session(_) => SessionAnswer { token: "token".to_owned(), expires: 9, now: 1 }.to_bytes(),
            Request::Pull { .. } => {
                let item = |n: u8| FeedItem::Chunk { chunk: Bytes(vec![n; 60_000]), boxes: vec![], received_at: 1 };
                Page { items: (0..16).map(item).collect(), next: Fixed([1; 24]), more: false }.to_bytes()
            }
            Request::Push(body) => {
                let results = PushRequest::from_bytes(body).unwrap().items.iter().map(|_| Pushed::Stored).collect();
                PushAnswer { results, token: Fixed([1; 24]), stamps: Vec::new() }.to_bytes()
            }
            other => panic!("{other:?}"),
        }
    }

    /// One contact; how many pushes there were, and how it ended.
    fn contact(device: &Device) -> (usize, Result<(), ClientError>) {
        let (mut exchange, mut inputs, mut pushes) = (Exchange::new(Mode::Once), vec![Input::Start], 0);
        while let Some(input) = inputs.pop() {
            let outputs = exchange.handle(device, &mut Moment::new(1_000, &mut system()), input);
            let outputs = match outputs {
                Ok(outputs) => outputs,
                Err(error) => return (pushes, Err(error)),
            };
            for output in outputs {
                if let Output::Send(request) = output {
                    pushes += usize::from(matches!(request, Request::Push(_)));
                    let answer = answer(&request);
                    inputs.insert(0, Input::Answer(request, Ok(answer)));
                }
            }
        }
        (pushes, Ok(()))
    }

    #[test]
    fn on_a_full_disk_what_was_written_here_leaves_though_nothing_can_arrive() {
        let Some(mount) = Mount::new("8m") else { return };
        let device = alone_in(Store::create(&mount.path().join("store"), &key()).unwrap());
        let envelope = samples::envelope(Kind::Observation, "Sad under bordet", true);
        let note = || device.submit(&envelope, &[Audience::Own], &mut Moment::new(900, &mut system())).unwrap();
        note();
        mount.fill();
        let fill = |at| device.store().write(|tx| meta::set(tx, &format!("filler {at}"), &[1; 3_000]));
        assert_eq!((0..).find_map(|at| fill(at).err()), Some(StoreError::DiskFull));
        mount.fill();
        note();
        let before = device.tokens().unwrap();
        let (pushes, ended) = contact(&device);
        assert_eq!(ended, Err(FULL), "whoever shows this says so");
        assert!(pushes > 0);
        assert_eq!(device.outbox().unwrap(), (0, None), "and both notes are with the relay");
        assert_eq!(device.tokens().unwrap().0, before.0, "what arrived comes again");
        mount.free();
        assert_eq!(contact(&device).1, Ok(()));
        assert_ne!(device.tokens().unwrap().0, before.0);
    }
}
