//! One request to the receiver: HTTP/1.1 on a connection of its own, in the clear or with TLS.
//!
//! Certificates are checked against those of the system (or of `SSL_CERT_FILE`). Any status from 200 to 299 is a yes; a
//! redirect is not followed, since a body that is signed for one receiver is not for another.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::sign::Signer;

/// A receiver that takes longer has not taken it.
const LIMIT: Duration = Duration::from_secs(10);

/// Where news are sent.
pub(super) struct Receiver {
    url: Uri,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    signer: Signer,
}

/// Why a receiver did not take it.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error("{0}")]
    Http(#[from] hyper::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the request cannot be made: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("it answers with status {0}")]
    Status(u16),
    #[error("no answer within {LIMIT:?}")]
    Timeout,
}

impl Receiver {
    /// The receiver at this address.
    ///
    /// # Errors
    /// When it is no address, or the system has no certificates to check it with.
    pub(super) fn new(url: &str, secret: &[u8]) -> anyhow::Result<Self> {
        let url: Uri = url.parse().context("no address")?;
        let host = url.host().context("no host")?.to_owned();
        let is_tls = url.scheme_str() == Some("https");
        let port = url.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let tls = if is_tls { Some((connector()?, server_name(&host)?)) } else { None };
        Ok(Self { url, host, port, tls, signer: Signer::new(secret)? })
    }

    /// Its host, for the log: the rest of the address may be a secret.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Sends a body.
    ///
    /// # Errors
    /// When the receiver did not take it.
    pub(super) async fn send(&self, body: Vec<u8>, now: i64) -> Result<(), SendError> {
        match tokio::time::timeout(LIMIT, self.exchange(body, now)).await {
            Ok(sent) => sent,
            Err(_) => Err(SendError::Timeout),
        }
    }

    async fn exchange(&self, body: Vec<u8>, now: i64) -> Result<(), SendError> {
        let request = self.request(body, now)?;
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, self.port)).await?;
        match &self.tls {
            Some((connector, name)) => {
                post(connector.connect(name.clone(), stream).await?, request).await
            }
            None => post(stream, request).await,
        }
    }

    fn request(&self, body: Vec<u8>, now: i64) -> Result<Request<Full<Bytes>>, SendError> {
        let path = self.url.path_and_query().map_or("/", |path| path.as_str());
        let authority = self.url.authority().map_or("", |authority| authority.as_str());
        let signature = format!("v1={}", self.signer.sign(now, &body));
        Ok(Request::post(path)
            .header(HOST, authority)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, concat!("modgate/", env!("CARGO_PKG_VERSION")))
            .header("Modgate-Timestamp", now)
            .header("Modgate-Signature", signature)
            .body(Full::new(body.into()))?)
    }
}

async fn post<S>(stream: S, request: Request<Full<Bytes>>) -> Result<(), SendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    // What else the receiver has to say is of no interest.
    driver.abort();
    let status = answer?.status();
    if status.is_success() { Ok(()) } else { Err(SendError::Status(status.as_u16())) }
}

fn connector() -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        let why: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        bail!("no certificates of authorities are installed (ca-certificates?) {}", why.join(", "));
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn server_name(host: &str) -> anyhow::Result<ServerName<'static>> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned()).with_context(|| format!("{host:?} is no host"))
}
