//! Metrics for Prometheus, on a listener of their own.

use std::sync::OnceLock;

use axum::Router;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// One recorder for the process: the metrics facade allows no second.
static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

const SECONDS: [f64; 10] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0];
const JOBS: [f64; 7] = [1.0, 4.0, 16.0, 64.0, 128.0, 256.0, 1024.0];

/// Installs the recorder, once.
pub(crate) fn recorder() -> Option<&'static PrometheusHandle> {
    let install = || {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_jobs".to_owned()), &JOBS));
        let recorder = builder.ok()?.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).ok().map(|()| handle)
    };
    RECORDER.get_or_init(install).as_ref()
}

/// `GET /metrics` and nothing else.
pub(crate) fn router() -> Router {
    Router::new().route("/metrics", get(async || recorder().map(PrometheusHandle::render).unwrap_or_default()))
}
