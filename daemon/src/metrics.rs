//! Counters for Prometheus.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    /// `list`, `info`, `mod`, `zip`, `latest` or `other`.
    pub endpoint: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The label of a drift.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct DriftLabels {
    /// `moved`, `gone`, `repository-gone` or `back`.
    pub seen: &'static str,
}

/// All counters and gauges.
pub(crate) struct Metrics {
    registry: Registry,
    /// Answered requests.
    pub requests: Family<RequestLabels, Counter>,
    /// Drifts that were recorded.
    pub drifts: Family<DriftLabels, Counter>,
    /// Repositories whose refs were read because something changed.
    pub refreshes: Counter,
    /// Groups of events that the receiver took.
    pub notices_sent: Counter,
    /// Tries to send that failed.
    pub notices_failed: Counter,
    /// Refs made to keep accepted commits.
    pub kept_refs: Counter,
    /// Zips that were built.
    pub zip_builds: Counter,
    /// Built zips that did not have the hash that the ledger knows.
    pub mismatches: Counter,
    /// Pseudo-versions that were served but not recorded.
    pub served_unrecorded: Counter,
    /// Branches whose old commits nothing leads to any more.
    pub rewritten: Counter,
    /// How often everything was looked at again because events were lost.
    pub overflows: Counter,
    /// Indexes that were damaged and made again.
    pub index_rebuilds: Counter,
    /// Journals that were damaged and made again.
    pub journal_renewals: Counter,
    /// Folders that could not be watched.
    pub unwatched: Gauge,
    /// Accepted versions whose tag moved or vanished.
    pub drift: Gauge,
    /// Accepted versions whose content is gone.
    pub lost: Gauge,
    /// Groups of events that wait to be sent.
    pub notices_waiting: Gauge,
    /// Versions whose zips are kept.
    pub kept_zips: Gauge,
    /// Whether the ledger is damaged for good.
    pub journal_damage: Gauge,
    /// Repositories that are served.
    pub repositories: Gauge,
    /// Bytes in the zip cache.
    pub cache_bytes: Gauge,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("modgate"),
            requests: Family::default(),
            drifts: Family::default(),
            refreshes: Counter::default(),
            notices_sent: Counter::default(),
            notices_failed: Counter::default(),
            kept_refs: Counter::default(),
            zip_builds: Counter::default(),
            mismatches: Counter::default(),
            served_unrecorded: Counter::default(),
            rewritten: Counter::default(),
            overflows: Counter::default(),
            index_rebuilds: Counter::default(),
            journal_renewals: Counter::default(),
            unwatched: Gauge::default(),
            drift: Gauge::default(),
            lost: Gauge::default(),
            notices_waiting: Gauge::default(),
            kept_zips: Gauge::default(),
            journal_damage: Gauge::default(),
            repositories: Gauge::default(),
            cache_bytes: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Answered requests", self.requests.clone());
        registry.register("drifts", "Drifts recorded, by what was seen", self.drifts.clone());
        let counters = [
            ("refreshes", "Times that changed refs were read", &self.refreshes),
            ("notices_sent", "Notices that the receiver took", &self.notices_sent),
            ("notices_failed", "Tries to send a notice that failed", &self.notices_failed),
            ("kept_refs", "Refs made to keep accepted commits", &self.kept_refs),
            ("zip_builds", "Zips built", &self.zip_builds),
            ("mismatches", "Zips that differed from the ledger", &self.mismatches),
            ("served_unrecorded", "Pseudo-versions served unrecorded", &self.served_unrecorded),
            ("rewritten_branches", "Branches whose old commits are gone", &self.rewritten),
            ("overflows", "Times that watch events were lost", &self.overflows),
            ("index_rebuilds", "Ledger indexes made again", &self.index_rebuilds),
            ("journal_renewals", "Damaged journals made again", &self.journal_renewals),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("unwatched_folders", "Folders that could not be watched", &self.unwatched),
            ("drift", "Accepted versions whose tag moved or vanished", &self.drift),
            ("lost", "Accepted versions whose content is gone", &self.lost),
            ("notices_waiting", "Notices that wait to be sent", &self.notices_waiting),
            ("kept_zips", "Versions whose zips are kept", &self.kept_zips),
            (
                "journal_damage",
                "1 where the ledger is damaged and nothing is recorded",
                &self.journal_damage,
            ),
            ("repositories", "Repositories served", &self.repositories),
            ("cache_bytes", "Bytes in the zip cache", &self.cache_bytes),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
    }

    /// The text for Prometheus.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        encode(&mut text, &self.registry).unwrap_or_default();
        text
    }
}
