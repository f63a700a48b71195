//! Figures, as people and as programs read them.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

/// One measured figure. What was not measured is absent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figure {
    /// Which item.
    pub item: &'static str,
    /// Documents, where an item has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docs: Option<usize>,
    /// Live streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<usize>,
    /// Milliseconds added to every flush.
    pub flush_ms: u32,
    /// `s`, `1/s`, `MiB` or `B`.
    pub unit: &'static str,
    /// Median of the samples.
    pub median: f64,
    /// 99th percentile of the samples: of few runs, the worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// Runs.
    pub runs: u32,
    /// Samples, if a run has more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// Bytes of payload sent in one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_up: Option<u64>,
    /// Bytes of payload received in one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_down: Option<u64>,
    /// Bytes of HTTP heads sent in one run, the payload in the address left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_bytes_up: Option<u64>,
    /// Bytes of HTTP heads received in one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_bytes_down: Option<u64>,
    /// Requests and answers in one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// Chunks in one run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u64>,
    /// Keys that were used more than once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u64>,
    /// Bytes of those chunks, sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_bytes: Option<u64>,
    /// Bytes by which the relay's database has grown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// Seconds of a core that the relay used in one run (resolution 10 ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay_cpu_s: Option<f64>,
    /// Seconds of a core that client or generator used in one run (resolution 10 ms).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_cpu_s: Option<f64>,
    /// The relay's resident memory after the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay_rss_mib: Option<f64>,
}

impl Figure {
    /// A figure from its samples.
    pub(super) fn new(item: &'static str, unit: &'static str, mut samples: Vec<f64>, flush_ms: u32, runs: u32) -> Self {
        samples.sort_by(f64::total_cmp);
        let rate = unit == "1/s";
        let at = |part: f64| {
            let rank = (part * samples.len() as f64).ceil() as usize;
            samples.get(rank.saturating_sub(1)).or(samples.last()).copied().unwrap_or_default()
        };
        let many = samples.len() > runs as usize;
        Self {
            item,
            flush_ms,
            unit,
            median: at(0.5),
            // The bad end: of rates the lowest.
            p99: (samples.len() > 1).then(|| if rate { samples[0] } else { at(0.99) }),
            runs,
            samples: many.then_some(samples.len()),
            ..Self::default()
        }
    }
}

/// The median of the samples, for what accompanies a figure.
pub(super) fn median(mut samples: Vec<f64>) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len().checked_sub(1)? / 2).copied()
}

/// Writes a figure.
///
/// # Errors
/// If standard output is gone.
pub fn print(figure: &Figure, json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", serde_json::to_string(figure)?)?;
        return Ok(());
    }
    let (scale, unit, digits) = match figure.unit {
        "s" if figure.median < 1.0 => (1_000.0, "ms", 2),
        "s" => (1.0, "s", 3),
        unit => (1.0, unit, 1),
    };
    let size = figure.docs.or(figure.connections).map(|size| size.to_string()).unwrap_or_default();
    write!(out, "{:<12} {size:>6}  {:>10.digits$} {unit:<4}", figure.item, figure.median * scale)?;
    if let Some(p99) = figure.p99 {
        write!(out, "  p99 {:.digits$}", p99 * scale)?;
    }
    let details: [(&str, Option<u64>); 9] = [
        ("messages", figure.messages),
        ("up", figure.bytes_up),
        ("down", figure.bytes_down),
        ("heads up", figure.header_bytes_up),
        ("heads down", figure.header_bytes_down),
        ("chunks", figure.chunks),
        ("repeats", figure.repeats),
        ("sealed", figure.sealed_bytes),
        ("disk", figure.disk_bytes),
    ];
    for (name, value) in details {
        if let Some(value) = value {
            write!(out, "  {name} {value}")?;
        }
    }
    for (name, value) in [
        ("relay cpu s", figure.relay_cpu_s),
        ("client cpu s", figure.client_cpu_s),
        ("relay MiB", figure.relay_rss_mib),
    ] {
        if let Some(value) = value {
            write!(out, "  {name} {value:.2}")?;
        }
    }
    if figure.flush_ms > 0 {
        write!(out, "  (+{} ms per flush)", figure.flush_ms)?;
    }
    writeln!(out)?;
    Ok(())
}
