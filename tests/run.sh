#!/bin/sh
# Runs all tests, unit and end to end. Arguments go to cargo test (such as --release or a test's name).
# With --long as the first argument, the tests that compare with the go command on generated input go on for hours.
#
# The judge is the go command of $GO_JUDGE, which an installed go brings as a toolchain; where it cannot be had, the
# installed one. The tests of clients also run with the installed one, with the oldest that apt has
# (MODGATE_OLDEST_GO names another), and with those of MODGATE_GO_TOOLCHAINS, such as `go1.21.13 go1.24.9`, which
# are downloaded.
#
# Needs cargo, a C compiler, git, go and strace. On Debian, as root, what apt can bring is installed; for the rest the line
# that installs it is printed. Users other than root cannot run the tests that need two Unix users: they are named.
set -eu
cd "$(dirname "$0")/.."

GO_JUDGE=go1.27.3
GO_MINOR=25 # the oldest go command whose zips and version lists the tests hold for: 1.25
GO_OLDEST_MINOR=18 # the oldest that can be a client: it has go.work

if [ "${1:-}" = --long ]; then
    shift
    export MODGATE_LONG=1
fi

say() { printf 'tests/run.sh: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
can_mount() { unshare --mount true 2>/dev/null; }
can_apt() { is_root && have apt-get; }

updated=
apt_update() {
    [ -n "$updated" ] || DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=200 update >&2
    updated=yes
}
apt_install() {
    say "installing $*"
    apt_update
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=200 install --no-install-recommends "$@" >&2
}

# The minor number of a version such as `go1.26.8`, `2:1.24~2`; 0 when there is none.
minor() {
    number=$(printf '%s\n' "$1" | sed -n 's/^[^.]*1\.\([0-9][0-9]*\).*/\1/p')
    printf '%s\n' "${number:-0}"
}

go_is_new_enough() { have go && [ "$(minor "$(GOTOOLCHAIN=local go env GOVERSION)")" -ge "$GO_MINOR" ]; }

# Go from apt, if what apt has is new enough.
apt_go() {
    can_apt && have apt-cache || return 1
    candidate=$(apt-cache policy golang-go | sed -n 's/^ *Candidate: *//p')
    [ "$(minor "$candidate")" -ge "$GO_MINOR" ] && apt_install golang-go && go_is_new_enough
}

# The second number of the oldest Go that apt has; nothing when it has none.
apt_oldest() {
    have apt-cache || return 0
    apt-cache policy golang-go | sed -n 's/^[ *]*[0-9]*:1\.\([0-9][0-9]*\)~.*/\1/p' | sort -n | head -n 1
}

# Finds the oldest go command for the tests of clients, from apt if need be. It lies beside others, not on the PATH.
oldest_go() {
    number=$(apt_oldest)
    if [ -z "$number" ] && can_apt; then
        apt_update
        number=$(apt_oldest)
    fi
    if [ "${number:-0}" -lt "$GO_OLDEST_MINOR" ]; then
        say "apt has no go command to be the oldest client: MODGATE_OLDEST_GO may name one (1.$GO_OLDEST_MINOR or newer)"
        return
    fi
    program=/usr/lib/go-1.$number/bin/go
    if [ ! -x "$program" ] && can_apt; then apt_install "golang-1.$number-go"; fi
    if [ -x "$program" ]; then
        MODGATE_OLDEST_GO=$program
        export MODGATE_OLDEST_GO
    else
        say "the oldest client is left out: apt-get install --no-install-recommends golang-1.$number-go"
    fi
}

missing=
# want PROGRAM PACKAGE...
want() {
    program=$1
    shift
    if have "$program"; then return; fi
    if can_apt; then apt_install "$@"; fi
    if ! have "$program"; then
        say "$program is missing: apt-get install $*"
        missing=yes
    fi
}

# Go and Rust that were unpacked in the usual places count too.
[ ! -x /usr/local/go/bin/go ] || PATH=$PATH:/usr/local/go/bin
[ ! -x "${HOME:-/}/.cargo/bin/cargo" ] || PATH=$PATH:$HOME/.cargo/bin
export PATH

want git git
want cc gcc libc6-dev
want ssh-keygen openssh-client
want setpriv util-linux
want strace strace
if is_root && [ ! -x /usr/sbin/sshd ] && can_apt; then apt_install openssh-server; fi
if ! have cargo; then
    say "cargo is missing: curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y"
    missing=yes
fi
if ! go_is_new_enough && ! apt_go; then
    say "go 1.$GO_MINOR or newer is missing: unpack the archive from https://go.dev/dl/ with"
    say "  tar -C /usr/local -xzf go1.*.linux-*.tar.gz"
    missing=yes
fi
[ -z "$missing" ] || exit 2

MODGATE_INSTALLED_GO=$(command -v go) # the tests of clients use this one too
export MODGATE_INSTALLED_GO
[ -n "${MODGATE_OLDEST_GO:-}" ] || oldest_go
if judge=$(GOTOOLCHAIN=$GO_JUDGE go env GOROOT) && [ -x "$judge/bin/go" ]; then
    PATH=$judge/bin:$PATH
else
    say "$GO_JUDGE cannot be had as a toolchain: the judge is $(go version)"
fi

cargo build --workspace --locked
if is_root && can_mount; then
    exec cargo test --workspace --locked "$@"
fi
if is_root; then
    say "nothing can be mounted here: the test of a disk that is really full is left out (full)"
    cargo test --workspace --locked --exclude modgate-tests "$@"
    exec cargo test --locked --package modgate-tests "$@" -- --skip full::
fi
say "not root: what needs two Unix users is left out (users, ssh, who_may_write, state_directory, and some tests of the ledger's verbs), and the test of a disk that is really full (full)"
cargo test --workspace --locked --exclude modgate-tests "$@"
exec cargo test --locked --package modgate-tests "$@" -- --skip users:: --skip ssh:: --skip full:: --skip who_may_write:: --skip state_directory:: \
    --skip only_the_ledgers_user --skip nobody_else_copies --skip versions_after_the_backup
