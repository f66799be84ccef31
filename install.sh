#!/bin/sh
# Builds modgate, installs it, puts its hooks into every bare repository under a folder, takes in the releases
# that are there, and starts the daemon. Safe to run twice.
set -eu
umask 022
cd "$(dirname "$0")"

usage() {
    cat <<'TEXT'
Usage: ./install.sh --root FOLDER --prefix PREFIX [OPTION...]
       ./install.sh --demo

  --root FOLDER      the folder that holds the bare repositories, such as /srv/git
  --prefix PREFIX    what stands before a repository's path in its module paths, such as git.example.com;
                     '' when the path under the root is the module path itself
  --listen ADDRESS   where the daemon listens (default 127.0.0.1:7070)
  --state FOLDER     the state directory (default /var/lib/modgate, or ~/.local/state/modgate for other users than root)
  --config FILE      the settings file (default /etc/modgate/modgate.toml, or ~/.config/modgate/modgate.toml)
  --bin FOLDER       where the programs go (default /usr/local/bin, or ~/.local/bin)
  --user USER        who runs the daemon (default: the owner of the root; needs root)
  --background       start the daemon in the background where systemd does not run (default: in the foreground)
  --no-start         install, but start nothing
  --demo             show it all in a throw-away folder, installing nothing
TEXT
}

say() { printf 'install.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

check_tools() {
    [ ! -x "${HOME:-/}/.cargo/bin/cargo" ] || PATH=$PATH:$HOME/.cargo/bin
    missing=
    have git || { say "git is missing: apt-get install git"; missing=yes; }
    have cc || { say "a C compiler is missing: apt-get install gcc libc6-dev"; missing=yes; }
    have cargo || {
        say "cargo is missing: curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y"
        missing=yes
    }
    [ -z "$missing" ] || exit 2
}

build() {
    say "building (a few minutes the first time)"
    cargo build --release --locked --package modgate-daemon --package modgate-hooks >&2
    built=${CARGO_TARGET_DIR:-target}/release
}

# wait_ready ADDRESS: until the daemon there has taken everything in.
wait_ready() {
    tries=0
    until fetch "http://$1/readyz" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || die "the daemon does not answer at $1"
        sleep 0.1
    done
}

fetch() {
    if have curl; then curl -sSf "$1"; else wget -qO- "$1"; fi
}

# start_background FOLDER PROGRAM [ARGUMENT...]: starts the daemon and sets `address` and `pid`.
start_background() {
    log=$1
    shift
    : >"$log/modgate.out"
    "$@" >>"$log/modgate.out" 2>>"$log/modgate.log" &
    pid=$!
    tries=0
    until address=$(sed -n 's|^modgate: serving http://||p' "$log/modgate.out") && [ -n "$address" ]; do
        kill -0 "$pid" 2>/dev/null || { tail -n 5 "$log/modgate.log" >&2; die "the daemon did not start"; }
        tries=$((tries + 1))
        [ "$tries" -lt 600 ] || die "the daemon does not say where it serves"
        sleep 0.1
    done
    wait_ready "$address"
}

demo() {
    check_tools
    build
    built=$(cd "$built" && pwd)
    folder=$(mktemp -d)
    pid=
    trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    mkdir "$folder/home" "$folder/root" "$folder/state"
    HOME=$folder/home
    export HOME
    unset MODGATE_CONFIG MODGATE_ROOT MODGATE_PREFIX MODGATE_STATE MODGATE_LISTEN
    printf '[user]\n\tname = Demo\n\temail = demo@example.com\n[init]\n\tdefaultBranch = main\n' >"$HOME/.gitconfig"
    : >"$folder/modgate.toml"
    gate="$built/modgate"
    settings="--config $folder/modgate.toml --root $folder/root --prefix git.example.com --state $folder/state"

    step "A bare repository, as it lies on a git host, gets the hooks; the daemon starts"
    git init -q --bare "$folder/root/team/lib.git"
    # The paths were made here and hold no spaces unless the temporary folder does.
    # shellcheck disable=SC2086
    "$gate" install $settings
    # shellcheck disable=SC2086
    start_background "$folder/state" "$gate" serve $settings --listen 127.0.0.1:0

    step "A module is pushed, and a release without /v2 in go.mod is refused"
    git init -q "$folder/lib"
    cd "$folder/lib"
    printf 'module git.example.com/team/lib\n\ngo 1.21\n' >go.mod
    printf 'package lib\n\n// Answer is the answer.\nconst Answer = 42\n' >lib.go
    git add . && git commit -q -m "First version"
    git remote add origin "$folder/root/team/lib.git"
    show git push -q origin main
    show git tag v2.0.0
    if show git push origin v2.0.0; then die "the bad tag was accepted: this is a bug"; fi

    step "A good release is accepted"
    show git tag -d v2.0.0
    show git tag v1.0.0
    show git push origin v1.0.0

    step "It can be fetched at once"
    show fetch "http://$address/git.example.com/team/lib/@v/list"
    show fetch "http://$address/git.example.com/team/lib/@v/v1.0.0.info"
    printf '\n'
    if have go; then demo_go; else say "go is not here, so no go command shows it"; fi

    step "The ledger keeps it"
    # shellcheck disable=SC2086
    "$gate" ledger show git.example.com/team/lib v1.0.0 $settings
}

demo_go() {
    mkdir "$folder/consumer"
    cd "$folder/consumer"
    export GOPROXY="http://$address" GONOSUMDB='*' GOSUMDB=off GOTOOLCHAIN=local GOFLAGS=-modcacherw GOENV=off
    show go mod init example.com/consumer
    show go get git.example.com/team/lib@latest
    show cat go.sum
}

step() { printf '\n== %s\n\n' "$*"; }

show() {
    printf '$ %s\n' "$*"
    "$@" 2>&1
}

# The settings file is the operator's once it is there.
write_settings() {
    mkdir -p "$(dirname "$config")"
    {
        printf '[host]\nroot = %s\nprefix = %s\n\n' "$(quote "$root")" "$(quote "$prefix")"
        printf '[server]\nlisten = %s\n\n[state]\ndir = %s\n' "$(quote "$listen")" "$(quote "$state")"
    } >"$config.new"
    if [ ! -e "$config" ]; then
        mv "$config.new" "$config"
        say "settings written to $config"
    elif cmp -s "$config.new" "$config"; then
        rm "$config.new"
    else
        say "$config is there and says other things than the options given: it is kept, and what it says holds"
        say "(what the options would make of it lies in $config.new)"
    fi
}

quote() { printf '"%s"' "$(printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g')"; }

install_all() {
    [ -d "$root" ] || die "--root $root is not a folder"
    root=$(cd "$root" && pwd)
    check_tools
    build
    mkdir -p "$bin"
    for program in modgate modgate-hook; do
        # Renamed into place: a hook that runs meanwhile keeps its own.
        cp "$built/$program" "$bin/$program.new"
        chmod 755 "$bin/$program.new"
        mv "$bin/$program.new" "$bin/$program"
    done
    write_settings
    mkdir -p "$state"
    # The daemon's user owns the state directory; everything in it follows.
    if is_root; then chown "$user" "$state"; fi
    "$bin/modgate" install --config "$config"
    [ -z "$no_start" ] || return 0
    if is_root && [ -d /run/systemd/system ]; then
        start_systemd
    elif [ -n "$background" ]; then
        start_background "$state" run_as_user "$bin/modgate" serve --config "$config"
        say "modgate serves http://$address, pid $pid, log in $state/modgate.log"
    else
        say "modgate runs in the foreground; stop it with Ctrl-C (--background starts it in the background)"
        run_as_user "$bin/modgate" serve --config "$config"
    fi
}

# Becomes the program, as the daemon's user.
run_as_user() {
    if is_root && [ "$user" != "$(id -un)" ]; then
        exec setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups "$@"
    fi
    exec "$@"
}

start_systemd() {
    cat >/etc/systemd/system/modgate.service <<UNIT
[Unit]
Description=Go release gate and module proxy
After=network.target

[Service]
ExecStart="$bin/modgate" serve --config "$config"
User=$user
Restart=on-failure
LimitNOFILE=65536
NoNewPrivileges=yes
PrivateTmp=yes
ProtectSystem=strict
ReadWritePaths="$state"

[Install]
WantedBy=multi-user.target
UNIT
    systemctl daemon-reload
    systemctl enable --quiet modgate
    systemctl restart modgate
    say "modgate runs: systemctl status modgate, journalctl -u modgate"
}

root='' prefix='' has_prefix='' listen=127.0.0.1:7070 state='' config='' bin='' user='' background='' no_start='' demo=''
while [ $# -gt 0 ]; do
    case $1 in
    --demo) demo=yes ;;
    --background) background=yes ;;
    --no-start) no_start=yes ;;
    --help | -h) usage; exit 0 ;;
    --root | --prefix | --listen | --state | --config | --bin | --user)
        [ $# -ge 2 ] || die "$1 needs a value (see --help)"
        case $1 in
        --root) root=$2 ;;
        --prefix) prefix=$2 has_prefix=yes ;;
        --listen) listen=$2 ;;
        --state) state=$2 ;;
        --config) config=$2 ;;
        --bin) bin=$2 ;;
        --user) user=$2 ;;
        esac
        shift
        ;;
    *) die "unknown option $1 (see --help)" ;;
    esac
    shift
done

if [ -n "$demo" ]; then
    demo
    exit 0
fi
if [ -z "$root" ] || [ -z "$has_prefix" ]; then
    usage >&2
    exit 2
fi
if is_root; then
    : "${bin:=/usr/local/bin}" "${state:=/var/lib/modgate}" "${config:=/etc/modgate/modgate.toml}"
else
    : "${bin:=$HOME/.local/bin}" "${state:=$HOME/.local/state/modgate}" "${config:=$HOME/.config/modgate/modgate.toml}"
fi
: "${user:=$(stat -c %U "$root" 2>/dev/null || id -un)}"
install_all
