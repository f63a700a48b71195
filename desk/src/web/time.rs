//! Times as people say them, on the clocks of Denmark.

use fluent::FluentArgs;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use tvaers_core::kinds::{Occurred, Precision};

use super::language::Words;

/// Central European time by its rule (POSIX TZ): right on machines without a time zone database, too.
const DENMARK: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// A time for a page: for people, and for machines (`<time datetime>`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Time {
    pub(super) words: String,
    pub(super) machine: String,
}

/// Says times in one language, seen from now.
#[derive(Clone)]
pub(super) struct Times {
    words: &'static Words,
    today: Date,
}

impl Times {
    pub(super) fn new(words: &'static Words, now: i64) -> Self {
        Self { words, today: in_denmark(now).date() }
    }

    /// The day this is written on.
    pub(super) fn today(&self) -> Date {
        self.today
    }

    /// When a day begins on the clocks of Denmark, Unix milliseconds.
    pub(super) fn begins(&self, day: Date) -> i64 {
        // Midnight exists on every day here: clocks are changed at two and three.
        day.to_zoned(denmark()).map_or(0, |at| at.timestamp().as_millisecond())
    }

    /// Minutes east of UTC on the clocks of Denmark at a moment.
    pub(super) fn offset(&self, at: i64) -> i16 {
        i16::try_from(in_denmark(at).offset().seconds() / 60).unwrap_or_default()
    }

    /// A moment to the minute, Unix milliseconds.
    pub(super) fn moment(&self, at: i64) -> Time {
        self.minute(&in_denmark(at))
    }

    /// When something happened, as precisely as its writer knew it, on the clock on the wall there and then.
    pub(super) fn occurred(&self, occurred: &Occurred) -> Time {
        let seconds = i32::try_from(occurred.offset_minutes.saturating_mul(60)).unwrap_or_default();
        let zone = Offset::from_seconds(seconds).map_or_else(|_| denmark(), Offset::to_time_zone);
        let there = timestamp(occurred.at).to_zoned(zone);
        let date = there.date();
        match occurred.precision {
            Precision::Minute => self.minute(&there),
            Precision::Hour => Time {
                words: self.clock("time-hour", &there),
                machine: there.strftime("%Y-%m-%dT%H:%M%:z").to_string(),
            },
            Precision::PartOfDay => {
                let part = if there.hour() < 12 { "time-morning" } else { "time-afternoon" };
                Time { words: self.clock(part, &there), machine: date.to_string() }
            }
            Precision::Day => self.day(date),
            Precision::Week => {
                let week = date.iso_week_date();
                let mut values = FluentArgs::new();
                values.set("week", week.week().to_string());
                values.set("year", week.year().to_string());
                let machine = format!("{}-W{:02}", week.year(), week.week());
                Time { words: self.words.with("time-week", &values), machine }
            }
            Precision::Month => Time { words: self.month(date), machine: date.strftime("%Y-%m").to_string() },
        }
    }

    /// A day.
    pub(super) fn day(&self, date: Date) -> Time {
        let key = if date.year() == self.today.year() { "time-day" } else { "time-day-year" };
        Time { words: self.words.with(key, &self.parts(date)), machine: date.to_string() }
    }

    /// The last day of what ends then, Unix seconds.
    pub(super) fn last_day(&self, until: u64) -> Time {
        let last = i64::try_from(until).unwrap_or(i64::MAX).saturating_mul(1000).saturating_sub(1);
        self.day(in_denmark(last).date())
    }

    /// A month with its year, as a heading.
    pub(super) fn month(&self, date: Date) -> String {
        self.words.with("time-month", &self.parts(date))
    }

    /// The month in which something happened.
    pub(super) fn month_of(&self, at: i64) -> String {
        self.month(in_denmark(at).date())
    }

    fn minute(&self, at: &Zoned) -> Time {
        let key = if at.date() == self.today { "time-today" } else { "time-minute" };
        Time { words: self.clock(key, at), machine: at.strftime("%Y-%m-%dT%H:%M%:z").to_string() }
    }

    fn clock(&self, key: &str, at: &Zoned) -> String {
        let mut values = self.parts(at.date());
        values.set("hour", format!("{:02}", at.hour()));
        values.set("minute", format!("{:02}", at.minute()));
        values.set("date", self.day(at.date()).words);
        self.words.with(key, &values)
    }

    fn parts(&self, date: Date) -> FluentArgs<'static> {
        let mut values = FluentArgs::new();
        values.set("day", date.day().to_string());
        values.set("month", self.words.get(&format!("month-{}", date.month())));
        values.set("long", self.words.get(&format!("month-long-{}", date.month())));
        values.set("year", date.year().to_string());
        values
    }
}

fn denmark() -> TimeZone {
    TimeZone::posix(DENMARK).unwrap_or(TimeZone::UTC)
}

/// A moment on the clocks of Denmark, Unix milliseconds.
pub(crate) fn in_denmark(at: i64) -> Zoned {
    timestamp(at).to_zoned(denmark())
}

/// A clock may be absurdly wrong: the nearest time that exists is shown then.
fn timestamp(at: i64) -> Timestamp {
    let bound = if at < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(at).unwrap_or(bound)
}

#[cfg(test)]
mod tests {
    use tvaers_core::kinds::{Occurred, Precision};

    use super::super::language::Language;
    use super::Times;

    /// 5 October 2026, 14:05 in Denmark.
    const AT: i64 = 1_791_201_900_000;
    const DAY: i64 = 86_400_000;

    fn times() -> Times {
        Times::new(Language::Danish.words(), AT + 3_600_000)
    }

    #[test]
    fn today_is_said_and_other_years_are_named() {
        assert_eq!(times().moment(AT).words, "i dag kl. 14.05");
        assert_eq!(times().moment(AT).machine, "2026-10-05T14:05+02:00");
        assert_eq!(times().moment(AT - DAY).words, "4. okt. kl. 14.05");
        assert_eq!(times().moment(AT - 365 * DAY).words, "5. okt. 2025 kl. 14.05");
        assert_eq!(Times::new(Language::English.words(), AT).moment(AT - DAY).words, "4 Oct, 14:05");
    }

    #[test]
    fn nothing_is_more_precise_than_its_writer_knew() {
        let says = |precision| times().occurred(&Occurred { at: AT - DAY, offset_minutes: 120, precision }).words;
        assert_eq!(says(Precision::Hour), "4. okt. ca. kl. 14");
        assert_eq!(says(Precision::PartOfDay), "4. okt., eftermiddag");
        assert_eq!(says(Precision::Day), "4. okt.");
        assert_eq!(says(Precision::Week), "uge 40, 2026");
        assert_eq!(says(Precision::Month), "oktober 2026");
    }

    #[test]
    fn the_hour_that_happens_twice_is_told_apart() {
        let at = |at, offset_minutes| Occurred { at, offset_minutes, precision: Precision::Minute };
        let first = times().occurred(&at(1_792_888_200_000, 120));
        let second = times().occurred(&at(1_792_891_800_000, 60));
        assert_eq!(first.words, second.words);
        assert_ne!(first.machine, second.machine);
    }

    #[test]
    fn a_clock_wrong_by_ages_is_shown_all_the_same() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            assert!(!times().moment(at).words.is_empty());
        }
    }
}
