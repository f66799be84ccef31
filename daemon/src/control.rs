//! The daemon's side of its Unix socket: what hooks and admin verbs ask for.

mod push;
mod verbs;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use modgate_common::control::{Problem, path};
use modgate_common::io::store::{Health, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::{Body, full};
use crate::jobs::{Jobs, Keyed, acquire};
use crate::peer::Peer;
use crate::service::Service;

/// A push of 10,000 tags fits twice.
const MAX_BODY: usize = 16 << 20;

/// Bodies of one user that are read at once: what they take is bounded, and whoever sends many keeps only
/// itself waiting. The user of the ledger may be that of all hooks.
const MAX_BODIES: usize = 4;
const MAX_TRUSTED_BODIES: usize = 16;

/// A peer that does not send its body within this time is not waited for.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// The control side of the service.
pub(crate) struct Control {
    /// What it controls.
    pub service: Arc<Service>,
    /// Where blocking work is done.
    pub jobs: Jobs,
    /// A place for each body that may be in memory, by user.
    bodies: Keyed,
}

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Bad(String),
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    Failed(String),
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::Failed(error.to_string())
}

impl Control {
    /// The control side of this service.
    pub(crate) fn new(service: Arc<Service>, jobs: Jobs) -> Self {
        Self { service, jobs, bodies: Keyed::default() }
    }

    /// Answers one request of a peer.
    pub(crate) async fn handle(
        self: Arc<Self>,
        peer: Peer,
        request: Request<Incoming>,
    ) -> Response<Body> {
        respond(self.answer(peer, request).await)
    }

    async fn answer(
        self: Arc<Self>,
        peer: Peer,
        request: Request<Incoming>,
    ) -> Result<Vec<u8>, Refusal> {
        let target = request.uri().path().to_owned();
        // Held until the answer is there.
        let places = if peer.is_trusted() { MAX_TRUSTED_BODIES } else { MAX_BODIES };
        let _place = acquire(self.bodies.of(&peer.uid().to_string(), places)).await;
        let read = Limited::new(request.into_body(), MAX_BODY).collect();
        let body = tokio::time::timeout(BODY_TIMEOUT, read)
            .await
            .map_err(|_| Refusal::Bad("the request did not come in time".to_owned()))?
            .map_err(|error| Refusal::Bad(format!("cannot read the request: {error}")))?
            .to_bytes();
        let this = Arc::clone(&self);
        let job = move || this.dispatch(&target, &peer, &body);
        let answer = self.jobs.run(job).await;
        answer.unwrap_or_else(|| Err(failed("the request handler panicked")))
    }

    fn dispatch(&self, target: &str, peer: &Peer, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        if let Health::Unproven { reason } = self.service.store.health()
            && target != path::STATUS
        {
            return Err(failed(StoreError::Unproven { reason: reason.clone() }));
        }
        match target {
            path::TESTIFY => write(&self.testify(peer, &read(body)?)?),
            path::PROPOSE => write(&self.propose(peer, read(body)?)?),
            path::RECEIVED => write(&self.received(peer, &read(body)?)?),
            path::REFUSED => write(&self.refused(peer, read(body)?)?),
            path::STATUS => write(&verbs::status(&self.service)?),
            path::ENTRIES => write(&self.entries(peer, &read(body)?)?),
            path::DECIDE => write(&self.decide(peer, read(body)?)?),
            path::IMPORT => write(&self.import(peer, read(body)?)?),
            path::COMPACT => write(&self.compact(peer, read(body)?)?),
            path::PAGE => write(&self.page(peer, &read(body)?)?),
            path::DECISIONS => write(&self.decisions(peer, read(body)?)?),
            path::DRIFTS => write(&self.drifts(peer, read(body)?)?),
            _ => Err(Refusal::Bad(format!("unknown request {target:?}"))),
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Bad(error.to_string()))
}

fn write(value: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(value).map_err(failed)
}

fn respond(answer: Result<Vec<u8>, Refusal>) -> Response<Body> {
    let (status, body) = match answer {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => {
            let status = match refusal {
                Refusal::Bad(_) => StatusCode::BAD_REQUEST,
                Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
                Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            let problem = refusal.to_string();
            tracing::warn!(problem, "control request refused");
            (status, serde_json::to_vec(&Problem { problem }).unwrap_or_default())
        }
    };
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response
}
