//! An intervention's curve: where it began and every measure since, on the scale from 0 to 10.

use crate::web::time::Time;
use crate::web::typed::Typed;

const WIDTH: usize = 240;
const HEIGHT: usize = 56;
const MARGIN: usize = 6;

/// One measure.
#[derive(Clone, Debug)]
pub(in crate::web) struct Point {
    pub(in crate::web) value: u8,
    pub(in crate::web) when: Time,
    pub(in crate::web) whose: Option<Typed>,
    pub(in crate::web) note: Option<Typed>,
    /// The measure's own page.
    pub(in crate::web) id: String,
}

/// The baseline and the measures in their order, with their places in the drawing.
#[derive(Clone, Debug)]
pub(in crate::web) struct Curve {
    pub(in crate::web) points: Vec<Point>,
    /// `x,y` of every value, for a polyline.
    pub(in crate::web) line: String,
    /// The same as pairs, for the dots.
    pub(in crate::web) dots: Vec<(usize, usize)>,
    /// In words, for those who do not see the drawing.
    pub(in crate::web) spoken: String,
}

impl Curve {
    /// A curve with at least one measure.
    pub(in crate::web) fn new(baseline: Option<u8>, points: Vec<Point>) -> Option<Self> {
        if points.is_empty() {
            return None;
        }
        let values: Vec<u8> = baseline.into_iter().chain(points.iter().map(|point| point.value)).collect();
        let steps = values.len().saturating_sub(1).max(1);
        let place = |(at, value): (usize, &u8)| {
            let x = MARGIN + at * (WIDTH - 2 * MARGIN) / steps;
            let y = MARGIN + (10 - usize::from((*value).min(10))) * (HEIGHT - 2 * MARGIN) / 10;
            (x, y)
        };
        let dots: Vec<(usize, usize)> = values.iter().enumerate().map(place).collect();
        let line = dots.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
        let spoken = values.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        Some(Self { points, line, dots, spoken })
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, Point, Time};

    fn point(value: u8) -> Point {
        let when = Time { words: String::new(), machine: String::new() };
        Point { value, when, whose: None, note: None, id: String::new() }
    }

    #[test]
    fn a_curve_runs_from_the_baseline_to_the_last_measure() {
        let curve = Curve::new(Some(0), vec![point(5), point(10)]).unwrap();
        assert_eq!(curve.line, "6,50 120,28 234,6");
        assert_eq!(curve.spoken, "0, 5, 10");
    }

    #[test]
    fn one_measure_without_a_baseline_is_a_dot_and_none_is_no_curve() {
        assert_eq!(Curve::new(None, vec![point(3)]).unwrap().dots.len(), 1);
        assert!(Curve::new(Some(3), vec![]).is_none());
    }
}
