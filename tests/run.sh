#!/bin/sh
# Runs all tests, unit and end to end. Arguments go to cargo test (such as --release or a test's name).
# With --long as the first argument, the tests that compare with the go command on generated input go on for hours.
#
# The judge is the go command of $GO_JUDGE, which an installed go brings as a toolchain; where it cannot be had, the
# installed one.
#
# Needs cargo, a C compiler, git and go. On Debian, as root, what apt can bring is installed; for the rest the line
# that installs it is printed. Users other than root cannot run the tests that need two Unix users: they are named.
set -eu
cd "$(dirname "$0")/.."

GO_JUDGE=go1.27.3
GO_MINOR=25 # the oldest go command whose zips and version lists the tests hold for: 1.25

if [ "${1:-}" = --long ]; then
    shift
    export MODGATE_LONG=1
fi

say() { printf 'tests/run.sh: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
can_apt() { is_root && have apt-get; }

updated=
apt_install() {
    say "installing $*"
    [ -n "$updated" ] || DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=200 update >&2
    updated=yes
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
if judge=$(GOTOOLCHAIN=$GO_JUDGE go env GOROOT) && [ -x "$judge/bin/go" ]; then
    PATH=$judge/bin:$PATH
else
    say "$GO_JUDGE cannot be had as a toolchain: the judge is $(go version)"
fi

cargo build --workspace --locked
if is_root; then
    exec cargo test --workspace --locked "$@"
fi
say "not root: the stories users and ssh, which need two Unix users, are left out"
cargo test --workspace --locked --exclude modgate-tests "$@"
exec cargo test --locked --package modgate-tests "$@" -- --skip users:: --skip ssh::
