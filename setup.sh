#!/bin/sh
# Installs what a target needs and this machine lacks; says what and why, and is silent when nothing is missing.
#
#   ./setup.sh build    the .NET SDK (checked only: no Debian package carries it)
#   ./setup.sh demo     + PostgreSQL server binaries, which `hsstream up` runs as a private server
#   ./setup.sh accuracy + the classifiers that make bench-accuracy measures beside ours, without PostgreSQL
#   ./setup.sh test     + the other languages' Kafka clients that the conformance tests run (default)
#
# As root it installs Debian packages with apt-get. As anybody else it prints the one line to run and stops.
# It upgrades no installed package and removes none. kafkajs and its schema registry client go into .tools/, which git ignores.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
target=${1:-test}
kafkajs_lock=$here/tests/clients/kafkajs/package-lock.json
# Debian's Python modules belong to Debian's interpreter; the first python3 on PATH may be another one.
debian_python=/usr/lib/python3/dist-packages

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

has_dotnet() {
    has dotnet || return 1
    sdks=$(dirname -- "$(readlink -f -- "$(command -v dotnet)")")/sdk
    for sdk in "$sdks"/10.* "${DOTNET_ROOT:-/nonexistent}"/sdk/10.*; do [ -d "$sdk" ] && return 0; done
    # A wrapper script on PATH (snap, version managers) hides the folder: ask it.
    dotnet --list-sdks 2>/dev/null | grep -q '^10\.'
}

has_postgres() {
    for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
        [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && [ -x "$bin/pg_ctl" ] && return 0
    done
    has initdb && has postgres && has pg_ctl
}

# The stamp is written last, so a half-done installation does not count.
has_kafkajs() { cmp -s "$kafkajs_lock" "$here/.tools/kafkajs.stamp" && [ -d "$here/.tools/node_modules/kafkajs" ]; }

packages=
need() { packages="$packages $1"; say "missing: $1 ($2)"; }

list_missing() {
    packages=
    [ "$target" = build ] && return
    if [ "$target" = accuracy ]; then
        has fasttext || need fasttext "make bench-accuracy: one of the classifiers to compare with"
        [ -e $debian_python/sklearn/__init__.py ] || need python3-sklearn "make bench-accuracy: the others"
        return
    fi
    has_postgres || need postgresql "the database server that hsstream up and the tests run privately"
    [ "$target" = demo ] && return
    has kcat || need kcat "conformance tests: a librdkafka 2.0 client"
    [ -e $debian_python/kafka/__init__.py ] || need python3-kafka "conformance tests: the kafka-python client"
    [ -e $debian_python/confluent_kafka/__init__.py ] || need python3-confluent-kafka "conformance tests: an old librdkafka binding"
    [ -e $debian_python/avro/__init__.py ] || need python3-avro "docs/clients: Avro for the examples in Python"
    has node || need nodejs "conformance tests: runs the kafkajs client"
    has_kafkajs || has npm || need npm "conformance tests: fetches kafkajs"
}

has_package_lists() { for list in /var/lib/apt/lists/*_Packages*; do [ -e "$list" ] && return 0; done; return 1; }

# Descriptor 9 is this script's lock: a service that a package starts must not inherit it.
apt_install() {
    # shellcheck disable=SC2086  # the list is meant to split
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install -y \
        --no-install-recommends --no-upgrade --no-remove $packages </dev/null >&2 9>&-
}

# Debian would create and start a system cluster on port 5432 at once; nothing here wants it.
no_system_cluster=/etc/postgresql-common/createcluster.d/hsstream-setup.conf

install_packages() {
    has apt-get || die "install with this system's package manager:$packages"
    has_package_lists || { say "apt-get update (no package lists yet)"; apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >&2 9>&-; }
    say "apt-get install$packages"
    case $packages in *postgresql*)
        mkdir -p "${no_system_cluster%/*}"
        echo "create_main_cluster = false" >$no_system_cluster
        trap 'rm -f $no_system_cluster' EXIT ;;
    esac
    apt_install || {
        say "apt-get update (the package lists may be too old), then once more"
        apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >&2 9>&-
        apt_install || die "apt-get could not install:$packages"
    }
    rm -f $no_system_cluster
}

install_kafkajs() {
    say "npm ci kafkajs and its schema registry client into .tools/ (conformance tests: the JavaScript client)"
    cp "${kafkajs_lock%/*}/package.json" "$kafkajs_lock" "$here/.tools/"
    (cd "$here/.tools" && npm ci --no-update-notifier --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2 9>&-) || die "npm could not install kafkajs"
    cp "$kafkajs_lock" "$here/.tools/kafkajs.stamp"
}

complete() {
    has_dotnet || return 1
    list_missing 2>/dev/null
    [ -z "$packages" ] && { [ "$target" != test ] || has_kafkajs; }
}

case $target in build | demo | accuracy | test) ;; *) die "unknown target '$target'; expected build, demo, accuracy or test" ;; esac
has_dotnet || die "the .NET SDK 10 is missing: install it from https://dotnet.microsoft.com/download/dotnet/10.0 and put dotnet on PATH"
complete && exit 0

mkdir -p "$here/.tools"
if has flock; then
    exec 9>"$here/.tools/.setup.lock"
    flock -n 9 || { say "another run is installing; waiting for it"; flock -w 900 9 || die "the other run took over 15 minutes"; }
fi

list_missing
if [ -n "$packages" ]; then
    if [ "$(id -u)" = 0 ]; then
        install_packages
    else
        say "not root, so nothing was installed. Run this once, then start again:"
        say "  sudo apt-get update && sudo apt-get install --no-install-recommends -y$packages"
        exit 1
    fi
fi
if [ "$target" = test ] && ! has_kafkajs; then install_kafkajs; fi
complete || die "still missing after the installation:$packages"
