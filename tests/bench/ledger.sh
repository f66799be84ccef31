#!/bin/sh
# The daemon with a million versions: builds in release mode, makes what is to be measured in FOLDER (some 3 GB; kept), and
# measures.
# Usage: tests/bench/ledger.sh FOLDER [REPOSITORIES TAGS]
set -eu
cd "$(dirname "$0")/../.."
cargo build --quiet --release --package modgate-daemon --package modgate-tests
cargo build --quiet --release --package modgate-common --example look-ups
target="${CARGO_TARGET_DIR:-target}/release"
"$target/bench-ledger" "$@"
exec "$target/examples/look-ups" "$1/state"
