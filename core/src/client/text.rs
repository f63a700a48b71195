//! What is taken from a document for lists, search and links.

use tvaers_wire::ids::RecordId;

use crate::kinds::node::{Fields, Node};
use crate::kinds::{Content, Envelope};
use crate::seal::HEADLINE;

/// The first words of a record, at most [`HEADLINE`] bytes, on one line.
pub(crate) fn headline(envelope: &Envelope) -> String {
    let text = match &envelope.content {
        Content::Child(_) => envelope.about.as_ref().map_or("", |child| child.given_name.as_str()),
        Content::Draft(draft) => draft.seen_heard.as_str(),
        Content::Observation(observation) => observation.seen_heard.as_str(),
        Content::Amendment(amendment) => amendment.text.as_str(),
        Content::Assessment(_) | Content::JointAssessment(_) => "",
        Content::Concern(concern) => concern.trigger.as_str(),
        Content::Reply(reply) => reply.text.as_ref().map_or("", |text| text.as_str()),
        Content::Voice(voice) => voice.verbatim.as_ref().map_or("", |text| text.as_str()),
        Content::Analysis(analysis) => analysis.question.as_str(),
        Content::Intervention(intervention) => intervention.goal.as_str(),
        Content::Measure(measure) => measure.note.as_ref().map_or("", |text| text.as_str()),
        Content::Meeting(meeting) => meeting.meeting_type.as_str(),
        Content::ActionPoint(point) => point.text.as_str(),
        Content::Consent(consent) => consent.scope.as_str(),
        Content::Notification(notification) => notification.text.as_str(),
        Content::Disclosure(disclosure) => disclosure.what.as_ref().map_or("", |text| text.as_str()),
        Content::AccessEvent(_) => "",
        Content::AnonymousDiscussion(discussion) => discussion.question.as_str(),
    };
    let mut line = String::with_capacity(HEADLINE);
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        let room = HEADLINE - line.len();
        if gap + word.len() > room {
            // A first word longer than the line is cut; between words the line simply ends.
            if line.is_empty() {
                line.push_str(&word[..word.floor_char_boundary(room)]);
            }
            break;
        }
        if gap > 0 {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// The record that this one answers, corrects or measures.
pub(crate) fn answers(content: &Content) -> Option<RecordId> {
    match content {
        Content::Amendment(amendment) => Some(amendment.of),
        Content::Reply(reply) => Some(reply.to),
        Content::Measure(measure) => Some(measure.intervention),
        _ => None,
    }
}

/// Every text of a record, for the search index. What was looked up is not found by looking for it.
pub(crate) fn words(envelope: &Envelope) -> String {
    let mut out = String::new();
    if matches!(envelope.content, Content::AccessEvent(_)) {
        return out;
    }
    collect(&envelope.write_fields(), &mut out);
    out
}

fn collect(fields: &Fields, out: &mut String) {
    fields.0.iter().for_each(|(_, node)| collect_node(node, out));
}

fn collect_node(node: &Node, out: &mut String) {
    match node {
        Node::Str(text) | Node::Prose(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Node::List(items) => items.iter().for_each(|item| collect_node(item, out)),
        Node::Map(fields) | Node::Atom(fields) => collect(fields, out),
        Node::Bool(_) | Node::Int(_) | Node::Bytes(_) => {}
    }
}
