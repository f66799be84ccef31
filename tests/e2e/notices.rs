//! News of drift by POST: signed, in order, until the receiver says yes, and across the end of the daemon.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use modgate_tests::daemon::Daemon;
use modgate_tests::receiver::{Mood, Receiver};
use modgate_tests::run::Run;
use modgate_tests::site::Site;
use modgate_tests::wait;
use serde_json::Value;

use crate::drift::wait_for_drift;
use crate::push_rules::gate;

const MODULE: &str = "git.example.com/acme/lib";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Settings that send to this address.
fn notify(site: &Site, url: &str) {
    let file = site.path("secret");
    fs::write(&file, format!("{SECRET}\n")).expect("the site's folder is writable");
    let file = file.display();
    site.configure(&format!("[notify]\nurl = {url:?}\nsecret_file = \"{file}\"\n"));
}

fn waiting(site: &Site) -> usize {
    fs::read_dir(site.state().join("notify")).map_or(0, Iterator::count)
}

fn versions(events: &[Value]) -> Vec<String> {
    let word = |event: &'_ Value, name: &str| -> String {
        event[name].as_str().unwrap_or_default().to_owned()
    };
    events
        .iter()
        .map(|event| format!("{} {}", word(event, "version"), word(event, "seen")))
        .collect()
}

#[test]
fn receiver_that_fails_hangs_and_vanishes_is_told_everything_when_it_comes_back() {
    let site = Site::new();
    let receiver = Receiver::start(Mood::Status(500));
    notify(&site, &receiver.url());
    let lib = site.repository("acme/lib");
    let daemon = gate(&site);
    lib.release("v1.0.0").release("v1.1.0").push(&["main", "--tags"]).accepted();
    lib.server(&["tag", "--delete", "v1.0.0"]);
    let recorded = wait_for_drift(&site, MODULE, "v1.0.0", "gone");
    let first = receiver.wait_for(1).remove(0);
    assert_eq!(first.line, "POST /hook?for=tests HTTP/1.1");
    assert_eq!(first.header("content-type"), "application/json");
    assert!(first.header("user-agent").starts_with("modgate/"));
    let signature = first.header("modgate-signature");
    assert!(signature.starts_with("v1=") && signature.len() == 3 + 64, "{signature}");
    assert!(first.header("modgate-timestamp").parse::<u64>().is_ok());
    let event = first.events().remove(0);
    assert_eq!(event["event"], "drift");
    for field in ["module", "version", "repository", "tag", "seen", "commit", "h1", "time"] {
        assert_eq!(event[field], recorded[field], "{field}");
    }
    // It says nothing, or not enough; requests are answered meanwhile.
    receiver.change(Mood::Hang);
    receiver.wait_for(2);
    // As long as it is silent, so would be whoever waited for it.
    assert_eq!(daemon.list(MODULE), ["v1.0.0", "v1.1.0"]);
    lib.release("v1.2.0").push(&["main", "v1.2.0"]).accepted().receipt();
    lib.server(&["tag", "--delete", "v1.1.0"]);
    wait_for_drift(&site, MODULE, "v1.1.0", "gone");
    receiver.change(Mood::Vanish);
    receiver.wait_for(3);
    receiver.change(Mood::Status(302));
    receiver.wait_for(4);
    assert_eq!(waiting(&site), 2);
    // It is killed, and what waited is sent by the next one at once: the same, by its id.
    daemon.kill();
    receiver.change(Mood::Status(204));
    let daemon = site.serve();
    wait::until(wait::SOON, "both are taken", || receiver.taken().len() == 2);
    let taken = receiver.taken();
    assert_eq!(versions(&taken), ["v1.0.0 gone", "v1.1.0 gone"]);
    assert_eq!(taken[0], event);
    assert_ne!(taken[0]["id"], taken[1]["id"]);
    wait::until(wait::SOON, "the queue is empty", || waiting(&site) == 0);
    // The end of a drift is news too.
    lib.push(&["v1.0.0"]).accepted();
    wait::until(wait::SOON, "the end is told", || receiver.taken().len() == 3);
    assert_eq!(versions(&receiver.taken())[2], "v1.0.0 back");
    // It is counted when the receiver's answer is there.
    wait::until(wait::SOON, "all of it is counted", || {
        let metrics = daemon.get("/metrics").text();
        let lines = ["modgate_notices_sent_total 3", "modgate_notices_waiting 0"];
        lines.iter().all(|line| metrics.contains(line))
    });
}

#[test]
fn delays_between_tries_grow() {
    let site = Site::new();
    let receiver = Receiver::start(Mood::Status(503));
    notify(&site, &receiver.url());
    let lib = site.repository("acme/lib");
    let _daemon = gate(&site);
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.server(&["tag", "--delete", "v1.0.0"]);
    receiver.wait_for(1);
    let mut times = vec![Instant::now()];
    for count in 2..=4 {
        receiver.wait_for(count);
        times.push(Instant::now());
    }
    let delays: Vec<u128> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
    assert!(delays[0] >= 900 && delays[1] >= 1_800 && delays[2] >= 3_600, "{delays:?}");
}

/// Killed between queue and journal, or anywhere else: nothing is lost, and what is sent twice has the same id.
#[test]
fn killed_daemon_loses_no_event() {
    let site = Site::new();
    let receiver = Receiver::start(Mood::Status(204));
    notify(&site, &receiver.url());
    let lib = site.repository("acme/lib");
    gate(&site).stop();
    let tags: Vec<String> = (0..30).map(|patch| format!("v1.0.{patch}")).collect();
    for tag in &tags {
        lib.release(tag);
    }
    lib.push(&["main", "--tags"]).accepted();
    tags.iter().for_each(|tag| drop(lib.server(&["tag", "--delete", tag])));
    let ids = || -> Vec<(String, String)> {
        let taken = receiver.taken();
        let mut pairs: Vec<_> =
            taken.iter().map(|e| (e["version"].to_string(), e["id"].to_string())).collect();
        pairs.sort();
        pairs.dedup();
        pairs
    };
    let mut rounds = 0;
    while ids().len() < tags.len() && rounds < 40 {
        let mut daemon = Daemon::start(site.modgate(&["serve", "--listen", "127.0.0.1:0"]));
        daemon.lives_for(Duration::from_millis(300 + 25 * rounds));
        daemon.kill();
        rounds += 1;
    }
    assert_eq!(ids().len(), tags.len(), "{:?}", ids());
    let daemon = site.serve();
    wait::until(wait::SOON, "the queue is empty", || waiting(&site) == 0);
    tags.iter().for_each(|tag| drop(wait_for_drift(&site, MODULE, tag, "gone")));
    assert_eq!(ids().len(), tags.len(), "an event came back with another id");
    drop(daemon);
}

/// Checks as its documentation says, with what others have written for it: TLS, and HMAC.
const JUDGE: &str = r#"
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"
)

func main() {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		stamp := r.Header.Get("Modgate-Timestamp")
		mac := hmac.New(sha256.New, []byte(os.Args[1]))
		mac.Write([]byte(stamp + "." + string(body)))
		sent, ok := strings.CutPrefix(r.Header.Get("Modgate-Signature"), "v1=")
		given, err := hex.DecodeString(sent)
		seconds, _ := strconv.ParseInt(stamp, 10, 64)
		age := time.Since(time.Unix(seconds, 0))
		if !ok || err != nil || !hmac.Equal(given, mac.Sum(nil)) || age > time.Minute || age < -time.Minute {
			fmt.Println("forged")
			w.WriteHeader(403)
			return
		}
		fmt.Println(string(body))
	}))
	// An authority, and a certificate of it for the server.
	make := func(of *x509.Certificate, by *x509.Certificate, key, byKey *ecdsa.PrivateKey) []byte {
		of.SerialNumber, of.NotBefore = big.NewInt(1), time.Now().Add(-time.Hour)
		of.NotAfter = time.Now().Add(time.Hour)
		raw, err := x509.CreateCertificate(rand.Reader, of, by, &key.PublicKey, byKey)
		if err != nil {
			panic(err)
		}
		return raw
	}
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	authority := &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	root := make(authority, authority, key, key)
	leaf := &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	own := make(leaf, authority, key, key)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{own}, PrivateKey: key}}}
	server.StartTLS()
	pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: root})
	fmt.Println(server.URL)
	select {}
}
"#;

#[test]
fn receiver_with_tls_checks_the_signature_and_is_checked() {
    let site = Site::new();
    let folder = site.path("judge");
    fs::create_dir(&folder).expect("the site's folder is writable");
    fs::write(folder.join("main.go"), JUDGE).expect("writable");
    fs::write(folder.join("go.mod"), "module judge.test\n\ngo 1.21\n").expect("writable");
    let go = Run::new("go").dir(&folder).env("HOME", &folder).env("GOCACHE", folder.join("cache"));
    go.env("GOFLAGS", "-modcacherw").args(["build", "-o", "judge", "."]).finish().ok();
    let mut child = Run::new(folder.join("judge")).arg(SECRET).spawn();
    let (send, lines) = mpsc::channel();
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    thread::spawn(move || {
        output.lines().map_while(Result::ok).try_for_each(|line| send.send(line))
    });
    let line = || lines.recv_timeout(wait::SOON).expect("the receiver says something");
    let mut certificate = String::new();
    let url = loop {
        match line() {
            text if text.starts_with("https://") => break text,
            text => certificate.push_str(&(text + "\n")),
        }
    };
    notify(&site, &url);
    let authorities: PathBuf = site.path("authorities.pem");
    fs::write(&authorities, certificate).expect("writable");
    let lib = site.repository("acme/lib");
    site.install();
    lib.release("v1.0.0").push(&["main", "v1.0.0"]).accepted();
    lib.server(&["tag", "--delete", "v1.0.0"]);
    // One that nobody vouches for is told nothing.
    let daemon = site.serve();
    wait_for_drift(&site, MODULE, "v1.0.0", "gone");
    let is_distrusted = || daemon.log().contains("invalid peer certificate");
    wait::until(wait::SOON, "the certificate is refused", is_distrusted);
    assert!(!daemon.log().contains(SECRET));
    daemon.stop();
    let serve = site.modgate(&["serve", "--listen", "127.0.0.1:0"]);
    let _daemon = Daemon::start(serve.env("SSL_CERT_FILE", &authorities)).ready();
    let said = line();
    let _gone = child.kill();
    let _status = child.wait();
    let body: Value = serde_json::from_str(&said).expect("the signature is right");
    assert_eq!(body["events"][0]["version"], "v1.0.0");
}

#[test]
fn wrong_settings_are_said_before_anything_is_served() {
    let site = Site::new();
    site.repository("acme/lib");
    let secret = site.path("secret");
    let check = |settings: &str, words: &str| {
        site.configure(settings);
        let serve = site.modgate(&["serve", "--listen", "127.0.0.1:0"]);
        serve.limit(Duration::from_secs(20)).finish().exits(2).says(words);
    };
    let file = secret.display().to_string();
    let with = |url: &str| format!("[notify]\nurl = {url:?}\nsecret_file = {file:?}\n");
    check("[notify]\nurl = \"https://h.io\"\n", "secret_file must be given with it");
    check(&with("h.io/x"), "not an address");
    check(&with("http://h.io"), "No such file");
    fs::write(&secret, "short\n").expect("writable");
    check(&with("http://h.io"), "at least 16 bytes");
    check("[notify]\nuri = \"x\"\n", "did you mean \"url\"");
    // Hooks do not need to know.
    fs::write(&secret, SECRET).expect("writable");
    site.configure(&with("https://h.io/token"));
    site.install();
    let hook = fs::read_to_string(site.state().join("hook.toml")).expect("it is written");
    assert!(!hook.contains("token") && !hook.contains("secret"), "{hook}");
}
