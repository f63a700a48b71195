//! The work: analysis, intervention and its measures.

use jiff::civil::Date;
use tvaers_wire::ids::RecordId;

use super::common::Party;
use super::node::{codes, record};
use super::value::{List, Score, Text};

codes! {
    /// Where an analysis stands.
    pub enum AnalysisState {
        /// One person's draft.
        Draft = 1,
        /// Worked on together.
        Joint = 2,
        /// Approved.
        Approved = 3,
    }
}

record! {
    /// Analyse.
    pub struct Analysis {
        /// The question examined.
        pub question: Text,
        /// Hypotheses.
        pub hypotheses: List<Text>,
        /// The records it rests on.
        pub evidence: List<RecordId>,
        /// Protective factors.
        pub protective: List<Text>,
        /// Risk factors.
        pub risk: List<Text>,
        /// Other ways to explain it.
        pub alternatives: List<Text>,
        /// What it comes to.
        pub conclusion: Option<Text>,
        /// Where it stands.
        pub state: AnalysisState,
    }
}

codes! {
    /// Where an intervention stands.
    pub enum InterventionState {
        /// Proposed.
        Proposed = 1,
        /// Agreed.
        Agreed = 2,
        /// Running.
        Running = 3,
        /// Evaluated.
        Evaluated = 4,
        /// Ended.
        Ended = 5,
    }
}

codes! {
    /// Whether it works.
    pub enum Evaluation {
        /// Works.
        Works = 1,
        /// Works partly.
        Partly = 2,
        /// Does not work.
        No = 3,
    }
}

record! {
    /// Indsats.
    pub struct Intervention {
        /// What shall be reached.
        pub goal: Text,
        /// The child's own goal.
        pub childs_goal: Option<Text>,
        /// What is done.
        pub actions: List<Text>,
        /// Who answers for it.
        pub responsible: Option<Party>,
        /// First day.
        pub start: Option<Date>,
        /// Day of the review.
        pub review_at: Option<Date>,
        /// Where it began, 0–10.
        pub baseline: Option<Score>,
        /// Where it stands.
        pub state: InterventionState,
        /// Whether it works.
        pub evaluation: Option<Evaluation>,
    }
}

record! {
    /// Måling: one point on the intervention's curve.
    pub struct Measure {
        /// The intervention measured.
        pub intervention: RecordId,
        /// 0–10.
        pub value: Score,
        /// Whose rating it is.
        pub by_whom: Option<Party>,
        /// In words.
        pub note: Option<Text>,
    }
}
