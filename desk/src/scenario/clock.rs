//! Times as a scenario writes them: RFC 3339 with the offset of the clock on the wall.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::Pieces;
use jiff::tz::Offset;
use tvaers_core::kinds::{Occurred, Why};

/// Reads a time with its offset: October's two 02:30 differ by it alone.
pub(super) fn parse(text: &str) -> Result<Occurred, Why> {
    let (local, offset) = pieces(text)?;
    occurred(local, offset.ok_or(Why::NotADate)?)
}

/// Reads a time that may lack its offset.
pub(super) fn parse_near(text: &str, near: &Occurred) -> Result<Occurred, Why> {
    let (local, offset) = pieces(text)?;
    occurred(local, offset.map_or_else(|| offset_of(near), Ok)?)
}

/// Writes a time as [`parse`] reads it; a fraction of a second only where there is one.
pub(super) fn format(time: &Occurred) -> Option<String> {
    let offset = offset_of(time).ok()?;
    let local = offset.to_datetime(Timestamp::from_millisecond(time.at).ok()?);
    let millis = local.subsec_nanosecond() / 1_000_000;
    let fraction = if millis == 0 { String::new() } else { format!(".{millis:03}") };
    let sign = if time.offset_minutes < 0 { '-' } else { '+' };
    let minutes = time.offset_minutes.unsigned_abs();
    Some(format!(
        "{}T{:02}:{:02}:{:02}{fraction}{sign}{:02}:{:02}",
        local.date(),
        local.hour(),
        local.minute(),
        local.second(),
        minutes / 60,
        minutes % 60,
    ))
}

/// Reads a day, `2026-10-25` and nothing else.
pub(super) fn parse_day(text: &str) -> Result<Date, Why> {
    let date: Date = text.parse().map_err(|_| Why::NotADate)?;
    if date.to_string() == text { Ok(date) } else { Err(Why::NotADate) }
}

fn pieces(text: &str) -> Result<(DateTime, Option<Offset>), Why> {
    let pieces = Pieces::parse(text).map_err(|_| Why::NotADate)?;
    // A named zone is not RFC 3339, and could contradict the offset.
    if pieces.time_zone_annotation().is_some() {
        return Err(Why::NotADate);
    }
    let time = pieces.time().ok_or(Why::NotADate)?;
    Ok((pieces.date().to_datetime(time), pieces.to_numeric_offset()))
}

fn occurred(local: DateTime, offset: Offset) -> Result<Occurred, Why> {
    if offset.seconds() % 60 != 0 {
        return Err(Why::NotADate);
    }
    let minutes = i16::try_from(offset.seconds() / 60).map_err(|_| Why::NotADate)?;
    let at = offset.to_timestamp(local).map_err(|_| Why::NotADate)?;
    Ok(Occurred::at(at.as_millisecond(), minutes))
}

fn offset_of(time: &Occurred) -> Result<Offset, Why> {
    let seconds = time.offset_minutes.checked_mul(60).and_then(|seconds| i32::try_from(seconds).ok());
    Offset::from_seconds(seconds.ok_or(Why::NotADate)?).map_err(|_| Why::NotADate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_of_octobers_half_past_two_come_back_as_they_were_written() {
        for text in ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "1970-01-01T00:00:00-03:30"] {
            assert_eq!(format(&parse(text).unwrap()).unwrap(), text);
        }
        assert_ne!(parse("2026-10-25T02:30:00+02:00").unwrap().at, parse("2026-10-25T02:30:00+01:00").unwrap().at);
        assert_eq!(format(&parse("2026-01-02T03:04:05.678+00:00").unwrap()).unwrap(), "2026-01-02T03:04:05.678+00:00");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        let no_moment = [
            "",
            "2026-02-30T10:00:00+01:00",
            "2026-10-25T25:00:00+01:00",
            "2026-10-25T10:00:00",
            "2026-10-25",
            "2026-10-25T10:00:00+01:00[Europe/Copenhagen]",
            "2026-10-25T10:00:00+01:00:30",
            "i går",
            "2026-10-25T10:00:00+01:00\0",
        ];
        for text in no_moment {
            assert_eq!(parse(text), Err(Why::NotADate), "{text:?}");
        }
    }

    #[test]
    fn a_wrong_clock_may_lack_its_offset() {
        let near = parse("2026-10-25T02:30:00+02:00").unwrap();
        assert_eq!(parse_near("2001-01-01T00:00:00", &near), parse("2001-01-01T00:00:00+02:00"));
        assert_eq!(parse_near("2001-01-01T00:00:00+01:00", &near), parse("2001-01-01T00:00:00+01:00"));
        assert_eq!(parse_near("2001-13-01T00:00:00", &near), Err(Why::NotADate));
    }

    #[test]
    fn a_day_has_one_spelling() {
        assert_eq!(parse_day("2026-10-25").unwrap().to_string(), "2026-10-25");
        for text in ["2026-02-30", "20261025", "2026-10-25T00:00:00", "25/10-2026", ""] {
            assert_eq!(parse_day(text), Err(Why::NotADate), "{text:?}");
        }
    }
}
