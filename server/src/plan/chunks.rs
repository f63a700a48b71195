//! Chunks and boxes of a push.

use tvaers_wire::chunk::KeyBox;
use tvaers_wire::ids::{ChunkId, DeviceId};
use tvaers_wire::message::{Pushed, Refused};

use super::{FeedRef, Plan, Write};
use crate::prepare::PreparedChunk;
use crate::rules::{self, ChunkFact, ChunkVerdict, Refusal};
use crate::world::Last;

impl<'j> Plan<'_, 'j> {
    pub(super) fn chunk(&mut self, pusher: &DeviceId, chunk: &'j PreparedChunk) -> Result<Pushed, Refusal> {
        let header = &chunk.header;
        let last = self.last(&header.circle, &header.installation);
        let stored = self.facts.chunks.contains_key(&chunk.id);
        let now = self.now();
        if rules::chunk(&self.draft, pusher, chunk, last.as_ref(), stored, now)? == ChunkVerdict::Duplicate {
            // A co-member may have brought it first, with a box that opens nothing: the signer's is kept beside it (attack 59).
            if *pusher == header.installation.device {
                let _ = self.key_box(pusher, &chunk.id, &chunk.key);
            }
            return Ok(Pushed::Duplicate);
        }
        let row = self.draft.next_seq();
        let (circle_row, keys, epoch) = match self.draft.circles.get(&header.circle) {
            Some(circle) => (circle.row, circle.feed_keys(), circle.entry_row(&chunk.key.epoch).unwrap_or(circle.row)),
            None => return Err(Refused::UnknownCircle.into()),
        };
        let first = self.draft.circles.get(&header.circle).is_some_and(|circle| !circle.has_chunks);
        if first && let Some(circle) = self.draft.circles.edit(&header.circle) {
            circle.has_chunks = true;
        }
        let installation = last.map_or_else(|| self.draft.new_row(), |last| last.row);
        let supplier = self.device(pusher);
        self.writes.push(Write::Chunk { row, circle: circle_row, installation, received: self.now_ms, chunk });
        self.writes.push(Write::Box { chunk: row, supplier, epoch, key: &chunk.key });
        let place = (header.circle, header.installation);
        let is_new = last.is_none();
        self.draft.lasts.insert(place, Last { row: installation, counter: header.counter, chunk: chunk.id });
        *self.moved.entry(place).or_insert(is_new) |= is_new;
        let fact = ChunkFact {
            row,
            circle: header.circle,
            installation,
            counter: header.counter,
            signer: header.installation.device,
            boxes: vec![(*pusher, chunk.key.clone())],
        };
        self.facts.chunks.insert(chunk.id, fact);
        if let Some(range) = header.replaces {
            self.replace(installation, range, &keys);
        }
        for key in keys {
            self.feed(key, row, FeedRef::Chunk(row));
        }
        Ok(Pushed::Stored)
    }

    pub(super) fn key_box(&mut self, pusher: &DeviceId, chunk: &ChunkId, key: &'j KeyBox) -> Result<Pushed, Refusal> {
        let now = self.now();
        if !rules::key_box(&self.draft, pusher, self.facts.chunks.get(chunk), key, now)? {
            return Ok(Pushed::Duplicate);
        }
        let Some(fact) = self.facts.chunks.get_mut(chunk) else { return Err(Refused::UnknownChunk.into()) };
        fact.boxes.retain(|(supplier, _)| supplier != pusher);
        fact.boxes.push((*pusher, key.clone()));
        let (row, circle) = (fact.row, fact.circle);
        let Some(circle) = self.draft.circles.get(&circle) else { return Err(Refused::UnknownChunk.into()) };
        let (keys, epoch) = (circle.feed_keys(), circle.entry_row(&key.epoch).unwrap_or(circle.row));
        let supplier = self.device(pusher);
        self.writes.push(Write::Box { chunk: row, supplier, epoch, key });
        let seq = self.draft.next_seq();
        for key in keys {
            self.feed(key, seq, FeedRef::Box(row, supplier));
        }
        Ok(Pushed::Stored)
    }
}
