//! The HTTP side of the proxy: requests in, answers out. No rule of Go and no git here.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request as HttpRequest, Response, StatusCode};
use modgate_common::goproxy::{self, Request};

use crate::jobs::Jobs;
use crate::metrics::RequestLabels;
use crate::proxy::answer::{Answer, Lifetime};
use crate::proxy::respond::{Zips, target};
use crate::service::Service;

mod conditional;
mod file_body;
mod text_body;

use conditional::{Part, is_unchanged, part};

/// A body of an answer.
pub(crate) type Body = BoxBody<Bytes, std::io::Error>;

/// The front of the proxy.
pub(crate) struct Front {
    /// What answers come from.
    pub service: Arc<Service>,
    /// Where blocking work is done.
    pub jobs: Jobs,
    /// What is being sent.
    pub sending: Sending,
}

/// What is being sent now.
#[derive(Default)]
pub(crate) struct Sending {
    /// How many zips.
    zips: Arc<AtomicUsize>,
    /// How many bytes of large texts.
    texts: Arc<AtomicUsize>,
}

/// A body that is in memory.
pub(crate) fn full(content: impl Into<Bytes>) -> Body {
    Full::new(content.into()).map_err(|never: Infallible| match never {}).boxed()
}

fn empty() -> Body {
    Empty::new().map_err(|never: Infallible| match never {}).boxed()
}

impl Front {
    /// Answers one request. Never fails: what goes wrong is a status.
    pub(crate) async fn handle(self: Arc<Self>, request: HttpRequest<Incoming>) -> Response<Body> {
        let (endpoint, response) = self.route(&request).await;
        let status = response.status().as_u16();
        self.service.metrics.requests.get_or_create(&RequestLabels { endpoint, status }).inc();
        // hyper sends no body to HEAD, but its length.
        response
    }

    async fn route(&self, request: &HttpRequest<Incoming>) -> (&'static str, Response<Body>) {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return ("other", response);
        }
        match request.uri().path() {
            "/" => (
                "other",
                text(StatusCode::OK, "modgate serves Go modules: set GOPROXY to this URL\n"),
            ),
            "/healthz" => ("other", text(StatusCode::OK, "ok\n")),
            "/metrics" => ("other", self.metrics()),
            "/readyz" if self.service.is_ready() => ("other", text(StatusCode::OK, "ready\n")),
            "/readyz" => {
                ("other", text(StatusCode::SERVICE_UNAVAILABLE, "still taking in repositories\n"))
            }
            path => match goproxy::parse(path) {
                Ok(parsed) => (endpoint(&parsed), self.module(request, parsed).await),
                Err(error) => {
                    let answer = Answer::not_found(error.to_string());
                    ("other", respond(request, answer, &self.sending))
                }
            },
        }
    }

    fn metrics(&self) -> Response<Body> {
        let metrics = &self.service.metrics;
        let gauge = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        metrics.drift.set(gauge(self.service.drift()));
        metrics.lost.set(gauge(self.service.lost()));
        metrics.kept_zips.set(gauge(self.service.kept.count()));
        let waiting = self.service.notices.as_ref().map_or(0, |notices| notices.waiting());
        metrics.notices_waiting.set(gauge(waiting));
        metrics.repositories.set(gauge(self.service.catalog.all().len()));
        metrics.cache_bytes.set(i64::try_from(self.service.zips.bytes()).unwrap_or(i64::MAX));
        let mut response = text(StatusCode::OK, "");
        *response.body_mut() = full(metrics.text());
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    async fn module(&self, request: &HttpRequest<Incoming>, parsed: Request) -> Response<Body> {
        // Some tools ask that nothing be built for them (X34).
        let wants_nothing_built = request
            .headers()
            .get("disable-module-fetch")
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
        let only_built = request.method() == Method::HEAD || wants_nothing_built;
        let zips = if only_built { Zips::OnlyBuilt } else { Zips::Build };
        let answer = self.answer(parsed, zips).await;
        let refused_to_build =
            request.method() != Method::HEAD && matches!(answer, Answer::Unbuilt);
        let answer = if refused_to_build {
            Answer::not_found("temporarily unavailable: not built yet")
        } else {
            answer
        };
        respond(request, answer, &self.sending)
    }

    async fn answer(&self, request: Request, zips: Zips) -> Answer {
        if let Ok(target) = target_if_read(&self.service, &request)
            && let Some(answer) = target.known(&request)
        {
            return answer;
        }
        // What is there needs no place among the builds.
        let answer = self.look_up(request.clone(), Zips::OnlyBuilt).await;
        match answer {
            Answer::Unbuilt if zips == Zips::Build => {
                let key = format!("{request:?}");
                let job = respond_job(Arc::clone(&self.service), request, Zips::Build);
                self.jobs.build(&key, job).await.unwrap_or_else(panicked)
            }
            answer => answer,
        }
    }

    async fn look_up(&self, request: Request, zips: Zips) -> Answer {
        let repo = self.service.catalog.candidates(request.module()).into_iter().next();
        let Some(repo) = repo else {
            // One look into the ledger: most who ask are sent on to the next proxy.
            return match self.service.store.owner(request.module()) {
                Err(error) => error.into(),
                Ok(None) => Answer::not_found(format!("no repository holds {}", request.module())),
                Ok(Some(owner)) => {
                    let key = format!("{request:?}");
                    let job = respond_job(Arc::clone(&self.service), request, zips);
                    self.jobs.look_up(&owner, &key, job).await.unwrap_or_else(panicked)
                }
            };
        };
        // Nobody needs to wait for the same refs or the same answer twice.
        let key = match repo.snapshot() {
            Some(_) => format!("{request:?}"),
            None => repo.name.clone(),
        };
        let job = respond_job(Arc::clone(&self.service), request, zips);
        self.jobs.look_up(&repo.name, &key, job).await.unwrap_or_else(panicked)
    }
}

fn panicked() -> Answer {
    Answer::fault("the request handler panicked")
}

/// The work behind an answer. Somebody else may have done it meanwhile.
fn respond_job(
    service: Arc<Service>,
    request: Request,
    zips: Zips,
) -> impl FnOnce() -> Answer + Send {
    move || match target(&service, &request) {
        Ok(target) => match target.known(&request) {
            Some(answer) => answer,
            None => target.respond(&service, &request, zips),
        },
        Err(answer) => answer,
    }
}

/// [`target`], unless the repository would have to be read first.
fn target_if_read(
    service: &Service,
    request: &Request,
) -> Result<crate::proxy::respond::Target, Option<Answer>> {
    let is_read = |repo: &Arc<crate::catalog::Repo>| repo.snapshot().is_some();
    let candidates = service.catalog.candidates(request.module());
    if candidates.len() == 1 && candidates.iter().all(is_read) {
        return target(service, request).map_err(Some);
    }
    Err(None)
}

const fn endpoint(request: &Request) -> &'static str {
    match request {
        Request::Info { .. } => "info",
        Request::Latest { .. } => "latest",
        Request::List { .. } => "list",
        Request::Mod { .. } => "mod",
        Request::Zip { .. } => "zip",
    }
}

fn text(status: StatusCode, content: &'static str) -> Response<Body> {
    let mut response = Response::new(full(content));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The one place where an answer gets its status and headers (X20).
fn respond(request: &HttpRequest<Incoming>, answer: Answer, sending: &Sending) -> Response<Body> {
    let plain = "text/plain; charset=utf-8";
    let (status, content, kind, lifetime) = match answer {
        Answer::Json(json, lifetime) => {
            (StatusCode::OK, Bytes::from(json.as_bytes().to_vec()), "application/json", lifetime)
        }
        Answer::Text(bytes, lifetime) => match text_body::body(bytes, &sending.texts) {
            Some(body) => (StatusCode::OK, body, plain, lifetime),
            None => failure(StatusCode::SERVICE_UNAVAILABLE, "overloaded: try again later\n"),
        },
        Answer::NotFound(reason) => failure(StatusCode::NOT_FOUND, &reason),
        Answer::Forbidden(reason) => failure(StatusCode::FORBIDDEN, &reason),
        Answer::Fault(reason) => {
            tracing::error!(path = request.uri().path(), reason = &*reason, "request failed");
            failure(StatusCode::INTERNAL_SERVER_ERROR, "internal error: see the log of modgate\n")
        }
        Answer::Unbuilt => return unbuilt(),
        Answer::Zip(zip) => return zip_response(request, &zip, &sending.zips),
    };
    let etag =
        (status == StatusCode::OK && !content.is_empty()).then(|| conditional::etag(&content));
    // hyper says no length of its own when HEAD finds nothing, as in an empty list.
    let length = HeaderValue::from(content.len());
    let mut response = Response::new(full(content));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, length);
    let cache = if status.is_server_error() { "no-store" } else { cache(lifetime) };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    match etag {
        Some(etag) if is_unchanged(request.headers(), &etag) => not_modified(&etag, cache),
        Some(etag) => {
            insert(response.headers_mut(), header::ETAG, &etag);
            response
        }
        None => response,
    }
}

/// The answer to HEAD where only a build would tell the length.
fn unbuilt() -> Response<Body> {
    let mut response = Response::new(file_body::Unknown.boxed());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let cache = HeaderValue::from_static(cache(Lifetime::Immutable));
    headers.insert(header::CACHE_CONTROL, cache);
    response
}

fn failure(status: StatusCode, reason: &str) -> (StatusCode, Bytes, &'static str, Lifetime) {
    let content = Bytes::from(reason.as_bytes().to_vec());
    (status, content, "text/plain; charset=utf-8", Lifetime::Mutable)
}

const fn cache(lifetime: Lifetime) -> &'static str {
    match lifetime {
        Lifetime::Immutable => "public, max-age=31536000, immutable",
        Lifetime::Mutable => "no-cache",
    }
}

fn not_modified(etag: &str, cache: &'static str) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    insert(response.headers_mut(), header::ETAG, etag);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn zip_response(
    request: &HttpRequest<Incoming>,
    zip: &Arc<crate::zips::Zip>,
    bodies: &Arc<AtomicUsize>,
) -> Response<Body> {
    let cache = cache(Lifetime::Immutable);
    if is_unchanged(request.headers(), &zip.etag) {
        return not_modified(&zip.etag, cache);
    }
    // A range is something of GET only.
    let part = match *request.method() {
        Method::GET => part(request.headers(), zip.length, &zip.etag),
        _ => Part::Whole,
    };
    let (status, start, end) = match part {
        Part::Whole => (StatusCode::OK, 0, zip.length),
        Part::Range { start, end } => (StatusCode::PARTIAL_CONTENT, start, end),
        Part::Impossible => {
            let mut response = text(StatusCode::RANGE_NOT_SATISFIABLE, "no such range\n");
            let range = format!("bytes */{}", zip.length);
            insert(response.headers_mut(), header::CONTENT_RANGE, &range);
            return response;
        }
    };
    let body = file_body::FileBody::new(Arc::clone(zip), start..end, Arc::clone(bodies));
    let mut response = Response::new(body.boxed());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(end - start));
    insert(headers, header::ETAG, &zip.etag);
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {start}-{}/{}", end - 1, zip.length);
        insert(headers, header::CONTENT_RANGE, &range);
    }
    response
}

/// Inserts a value that was made here; what no header can hold is left out.
fn insert(headers: &mut hyper::HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
