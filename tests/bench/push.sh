#!/bin/sh
# What modgate costs on a push: the median time of pushes without hooks and with them, in milliseconds.
# Usage: tests/bench/push.sh [PUSHES]; needs a release build (cargo build --release).
set -eu
cd "$(dirname "$0")/../.."
pushes=${1:-40}
programs=$(pwd)/target/release
[ -x "$programs/modgate" ] || { echo "build first: cargo build --release" >&2; exit 2; }
folder=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || kill "$daemon"; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
mkdir "$folder/home"
HOME=$folder/home
export HOME
printf '[user]\n\tname = Bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n' >"$HOME/.gitconfig"

# repository NAME: a bare repository and a work tree with one commit in it.
repository() {
    git init -q --bare "$folder/root/$1.git"
    git init -q "$folder/$1"
    printf 'module git.example.com/%s\n\ngo 1.21\n' "$1" >"$folder/$1/go.mod"
    printf 'package lib\n' >"$folder/$1/lib.go"
    git -C "$folder/$1" add .
    git -C "$folder/$1" commit -q -m first
    git -C "$folder/$1" remote add origin "$folder/root/$1.git"
    git -C "$folder/$1" push -q origin main
}

# median NAME WHAT: pushes one ref after the other, each with a new commit, and prints the median.
median() {
    for n in $(seq "$pushes"); do
        git -C "$folder/$1" commit -q --allow-empty -m "$n"
        case $2 in
        branch) ref=HEAD:refs/heads/b$n ;;
        tag) ref=HEAD:refs/tags/v1.$n.0 ;;
        esac
        start=$(date +%s%N)
        git -C "$folder/$1" push -q origin "$ref" 2>/dev/null
        end=$(date +%s%N)
        echo $(((end - start) / 10000))
    done | sort -n | awk '{ all[NR] = $1 } END { printf "%.2f\n", all[int((NR + 1) / 2)] / 100 }'
}

for name in plain gated other; do repository "$name"; done
settings="--root $folder/root --prefix git.example.com --state $folder/state"
# The paths were made here and hold no spaces unless the temporary folder does.
# shellcheck disable=SC2086
"$programs/modgate" install $settings gated >/dev/null
# shellcheck disable=SC2086
"$programs/modgate" serve $settings --listen 127.0.0.1:0 >"$folder/out" 2>"$folder/log" &
daemon=$!
until grep -q serving "$folder/out"; do sleep 0.1; done
for what in branch tag; do
    # Without hooks before and after: the difference between these two is the noise.
    printf '%-7s without hooks %s ms, with modgate %s ms, again without %s ms\n' "$what" \
        "$(median plain $what)" "$(median gated $what)" "$(median other $what)"
done
