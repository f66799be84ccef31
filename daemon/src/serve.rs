//! `modgate serve`: listens, limits, stops. The only part that knows sockets and signals.

use std::convert::Infallible;
use std::fs;
use std::future::Future;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use modgate_common::io::repo::{HashCheck, prepare};
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::{IndexHealth, Store};
use modgate_common::settings::Settings;
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;

use crate::control::Control;
use crate::http::Front;
use crate::jobs::Jobs;
use crate::peer::Peer;
use crate::service::Service;
use crate::zips::Zips;
use crate::{adopt, watch};

/// Open connections at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;

/// A client must send its request's head within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// Requests that are running at a stop have this long to finish.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the ledger's lock is tried, 20 ms apart: a hook that works without a daemon holds it for the
/// time of a push.
const LOCK_ATTEMPTS: u32 = 250;

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When the state directory, the root or the address cannot be used.
pub(crate) fn run(settings: Settings) -> anyhow::Result<()> {
    without_home()?;
    prepare(HashCheck::Off);
    let Some(root) = settings.root.clone() else {
        bail!("no root: name the folder of the repositories with --root or [host] root");
    };
    if !root.is_dir() {
        bail!("root {root:?} is not a folder");
    }
    let root = root.canonicalize()?;
    let service = Arc::new(open(settings, root)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(Arc::clone(&service)));
    // Builds and adoption that nobody waits for any more end with the process; they lose nothing.
    runtime.shutdown_background();
    served
}

/// libgit2 opens nothing when it cannot look into HOME, as under some service managers, and it has nothing
/// to find there. Changing the environment of a running process is not sound, so this one starts again.
fn without_home() -> anyhow::Result<()> {
    let homes = ["HOME", "XDG_CONFIG_HOME"];
    if homes.iter().all(|name| std::env::var_os(name).is_none()) {
        return Ok(());
    }
    let mut again = Command::new(std::env::current_exe().context("cannot find this program")?);
    again.args(std::env::args_os().skip(1));
    for name in homes {
        again.env_remove(name);
    }
    Err(again.exec()).context("cannot start again without HOME")
}

fn open(settings: Settings, root: PathBuf) -> anyhow::Result<Service> {
    let state = StateDir::new(&settings.state);
    let store = Store::open(&state, LOCK_ATTEMPTS)?;
    if let IndexHealth::Rebuilt { aside, reason } = store.health() {
        tracing::warn!(?aside, reason, "the ledger's index was damaged and is made again");
    }
    let rebuilt = *store.health() != IndexHealth::Fine;
    let zips = Zips::open(&state.cache(), settings.zip_bytes)
        .with_context(|| format!("cache folder {:?}", state.cache()))?;
    let service = Service::new(settings, root, store, zips)?;
    service.metrics.index_rebuilds.inc_by(u64::from(rebuilt));
    Ok(service)
}

async fn serve(service: Arc<Service>) -> anyhow::Result<()> {
    let address = service.settings.listen;
    let web =
        TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let socket = bind_socket(&service.settings.socket()?)?;
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    };
    watch::start(Arc::clone(&service))?;
    start_background(&service)?;
    announce(&web)?;
    listen(service, web, socket, stop).await
}

fn start_background(service: &Arc<Service>) -> anyhow::Result<()> {
    let threads = std::thread::Builder::new;
    let adopting = Arc::clone(service);
    threads().name("adopt".to_owned()).spawn(move || adopt::run(&adopting))?;
    let settling = Arc::clone(service);
    threads().name("settle".to_owned()).spawn(move || adopt::settle(&settling))?;
    Ok(())
}

/// The line that scripts wait for.
fn announce(web: &TcpListener) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "modgate: serving http://{}", web.local_addr()?)?;
    out.flush()?;
    Ok(())
}

/// Whoever holds the ledger's lock owns the socket, so one that is there is left over.
fn bind_socket(path: &Path) -> anyhow::Result<UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace socket {path:?}"));
        }
        _ => {}
    }
    let socket = UnixListener::bind(path).with_context(|| format!("cannot listen on {path:?}"))?;
    // Everyone who pushes may connect; who may say what is checked for each request.
    fs::set_permissions(path, fs::Permissions::from_mode(0o666))?;
    Ok(socket)
}

/// Accepts connections until `stop`, then lets what is running finish.
async fn listen(
    service: Arc<Service>,
    web: TcpListener,
    socket: UnixListener,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let front = Arc::new(Front { service: Arc::clone(&service), jobs: Jobs::new(cores) });
    let control = Arc::new(Control { service, jobs: Jobs::new(cores) });
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = accept(&web, &connections) => {
                let Some((stream, permit)) = accepted else { continue };
                let front = Arc::clone(&front);
                let handler = service_fn(move |request| {
                    let front = Arc::clone(&front);
                    async move { Ok::<_, Infallible>(front.handle(request).await) }
                });
                let served = http().serve_connection(TokioIo::new(stream), handler);
                let served = graceful.watch(served);
                tokio::spawn(async move {
                    let _permit = permit;
                    if let Err(error) = served.await {
                        tracing::debug!(%error, "connection ended");
                    }
                });
            }
            accepted = socket.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let Ok(peer) = Peer::of(&stream) else { continue };
                let control = Arc::clone(&control);
                let handler = service_fn(move |request| {
                    let (control, peer) = (Arc::clone(&control), peer.clone());
                    async move { Ok::<_, Infallible>(control.handle(peer, request).await) }
                });
                let served = http().serve_connection(TokioIo::new(stream), handler);
                tokio::spawn(graceful.watch(served));
            }
        }
    }
    tracing::info!("stopping");
    drop(web);
    if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(())
}

fn http() -> hyper::server::conn::http1::Builder {
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    http
}

/// The next connection, once there is room for it.
async fn accept(
    web: &TcpListener,
    connections: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(connections).acquire_owned().await.ok()?;
    match web.accept().await {
        Ok((stream, _)) => {
            // Small answers must not wait for more to send.
            let _ = stream.set_nodelay(true);
            Some((stream, permit))
        }
        Err(error) => {
            // Out of file descriptors, most likely: trying again at once would only burn time.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}
