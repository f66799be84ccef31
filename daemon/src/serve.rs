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
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use modgate_common::io::repo::{HashCheck, prepare};
use modgate_common::io::state_dir::StateDir;
use modgate_common::io::store::Store;
use modgate_common::settings::Settings;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use crate::control::Control;
use crate::http::{Body, Front, Sending};
use crate::jobs::Jobs;
use crate::kept::Kept;
use crate::notify::Notices;
use crate::peer::{Peer, Peers, Place};
use crate::service::Service;
use crate::zips::Zips;
use crate::{adopt, clock, notify, upkeep, watch};

/// Open connections at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;

/// A client must send its request's head within this time.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// A client must take half of what waits to be sent within this time: two kilobytes a second will do.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes that wait to be sent. The system would take megabytes, and a slow client that takes them one by one
/// would look like one that takes nothing.
const MAX_UNSENT: u32 = 256 << 10;

/// Requests that are running at a stop have this long to finish.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// How often the ledger's lock is tried, 20 ms apart: a hook that works without a daemon holds it for the
/// time of a push, and many of them take turns.
const LOCK_ATTEMPTS: u32 = 500;

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// When the state directory, the root or the address cannot be used.
pub(crate) fn run(settings: Settings) -> anyhow::Result<()> {
    without_home()?;
    raise_file_limit();
    prepare(HashCheck::Off);
    let Some(root) = settings.root.clone() else {
        bail!("no root: name the folder of the repositories with --root or [host] root");
    };
    if !root.is_dir() {
        bail!("root {root:?} is not a folder");
    }
    if clock::is_beyond() {
        bail!("the clock of this machine is beyond the year 9999: no answer could have a date");
    }
    let root = root.canonicalize()?;
    let service = Arc::new(open(settings, root)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(Arc::clone(&service)));
    if let Err(error) = service.store.close() {
        tracing::warn!(%error, "the ledger is not closed in order: its index is made again at the next start");
    }
    // Builds and adoption that nobody waits for any more end with the process; they lose nothing.
    runtime.shutdown_background();
    served
}

/// Every connection takes a file; the usual soft limit is far below the number that is allowed here.
fn raise_file_limit() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
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
    let own = nix::unistd::geteuid();
    if let Some((owner, _)) = state.owner().filter(|(owner, _)| own.is_root() && *owner != 0) {
        // What root writes there, the owner's daemon could not use any more.
        bail!(
            "state directory {:?} belongs to user {owner}: run the daemon as that user",
            settings.state
        );
    }
    let store = Store::open_even_unproven(&state, LOCK_ATTEMPTS)?;
    if let Some(folder) = state.exposed() {
        tracing::warn!(
            ?folder,
            "others may write {folder:?}, which leads to the state directory: they could put another in its place"
        );
    }
    let health = store.health().clone();
    if let Some(torn) = store.torn() {
        tracing::warn!(
            ?torn,
            "the journal ended in half a line, which nobody was told of: moved aside"
        );
    }
    let zips = Zips::open(&state.cache(), settings.zip_bytes)
        .with_context(|| format!("cache folder {:?}", state.cache()))?;
    let kept = Kept::open(&state.kept())
        .with_context(|| format!("folder of kept zips {:?}", state.kept()))?;
    let notices = Notices::open(settings.notify.as_ref(), &state)?;
    let mut service = Service::new(settings, root, store, (zips, kept))?;
    service.notices = notices;
    service.tell(&health);
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
    let verifying = Arc::clone(service);
    threads().name("verify".to_owned()).spawn(move || adopt::verify(&verifying))?;
    let keeping = Arc::clone(service);
    threads().name("upkeep".to_owned()).spawn(move || upkeep::run(&keeping))?;
    let storing = Arc::clone(service);
    threads().name("keep-zips".to_owned()).spawn(move || upkeep::run_zips(&storing))?;
    let sending = Arc::clone(service);
    threads().name("notify".to_owned()).spawn(move || notify::run(&sending))?;
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

/// Whoever holds the ledger's lock owns the socket, so one that is there is left over. The new one takes its place when
/// it has its rights: a hook that connects before would be told that it may not.
fn bind_socket(path: &Path) -> anyhow::Result<UnixListener> {
    // No longer than the other name: the length is limited.
    let new = path.with_extension("new");
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace socket {new:?}"));
        }
        _ => {}
    }
    let socket = UnixListener::bind(&new).with_context(|| format!("cannot listen on {path:?}"))?;
    // Everyone who pushes may connect; who may say what is checked for each request.
    fs::set_permissions(&new, fs::Permissions::from_mode(0o666))
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot replace socket {path:?}"))?;
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
    let front = Arc::new(Front {
        service: Arc::clone(&service),
        jobs: Jobs::new(cores),
        sending: Sending::default(),
    });
    let control = Arc::new(Control::new(service, Jobs::new(cores)));
    let peers = Arc::new(Peers::default());
    let connections = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = accept(&web, &connections) => {
                if let Some((stream, permit)) = accepted {
                    let front = Arc::clone(&front);
                    let handle = move |request| Arc::clone(&front).handle(request);
                    converse(&graceful, stream, permit, handle);
                }
            }
            accepted = accept_peer(&socket, &peers) => {
                if let Some((stream, peer, place)) = accepted {
                    let control = Arc::clone(&control);
                    let handle = move |request| Arc::clone(&control).handle(peer.clone(), request);
                    converse(&graceful, stream, place, handle);
                }
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

/// Serves one connection on a task of its own. `held` is given back when it ends.
fn converse<S, F, R>(graceful: &GracefulShutdown, stream: S, held: impl Send + 'static, handle: F)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
    F: Fn(Request<Incoming>) -> R + Send + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    let handler = service_fn(move |request| {
        let answer = handle(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let served = http().serve_connection(TokioIo::new(Box::pin(stall_limited(stream))), handler);
    let served = graceful.watch(served);
    tokio::spawn(async move {
        let _held = held;
        if let Err(error) = served.await {
            tracing::debug!(%error, "connection ended");
        }
    });
}

/// A client that reads nothing must not hold its connection.
fn stall_limited<S: AsyncRead + AsyncWrite>(stream: S) -> TimeoutStream<S> {
    let mut limited = TimeoutStream::new(stream);
    limited.set_write_timeout(Some(STALL_TIMEOUT));
    limited
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
            let _ = SockRef::from(&stream).set_tcp_notsent_lowat(MAX_UNSENT);
            Some((stream, permit))
        }
        Err(error) => {
            pause_after(&error).await;
            None
        }
    }
}

/// The next peer at the socket, if it may have one more connection.
async fn accept_peer(
    socket: &UnixListener,
    peers: &Arc<Peers>,
) -> Option<(tokio::net::UnixStream, Peer, Place)> {
    match socket.accept().await {
        Ok((stream, _)) => {
            let peer = Peer::of(&stream).ok()?;
            let place = peers.enter(peer.uid())?;
            Some((stream, peer, place))
        }
        Err(error) => {
            pause_after(&error).await;
            None
        }
    }
}

/// Out of file descriptors, most likely: trying again at once would only burn time.
async fn pause_after(error: &std::io::Error) {
    tracing::warn!(%error, "cannot accept a connection");
    tokio::time::sleep(Duration::from_millis(50)).await;
}
