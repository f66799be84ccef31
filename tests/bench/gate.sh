#!/bin/sh
# What modgate costs on a push, on top of a bare `git push`: builds everything in release mode and measures.
# Usage: tests/bench/gate.sh [CASE...]; tests/src/bin/bench-gate/main.rs says which cases there are.
set -eu
cd "$(dirname "$0")/../.."
cargo build --quiet --release --workspace
exec "${CARGO_TARGET_DIR:-target}/release/bench-gate" "$@"
