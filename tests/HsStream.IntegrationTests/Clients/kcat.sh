#!/usr/bin/env bash
# kcat (librdkafka) against a Kafka cluster: kcat.sh BOOTSTRAP [TOPIC]
# TOPIC is an empty topic for the group checks, best with several partitions; without it one is auto-created.
# Prints one line a check; the first that fails ends the script with status 1.
set -uo pipefail

bootstrap=${1:?usage: kcat.sh BOOTSTRAP [TOPIC]}
run=kcat-$$-$RANDOM
shared=${2:-$run-group}
work=$(mktemp -d)
declare -a running=()
finish() {
    for pid in "${running[@]}"; do kill -KILL "$pid" 2>/dev/null; done
    rm -rf "$work"
}
trap finish EXIT

k() { timeout 60 kcat -b "$bootstrap" -q "$@"; }
check() { # NAME EXPECTED ACTUAL
    if [ "$2" = "$3" ]; then echo "ok - $1"; else printf 'FAILED - %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"; exit 1; fi
}
wait_for() { # SECONDS WHAT COMMAND...
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $end ] || { echo "FAILED - waited for $what"; for log in "$work"/*; do echo "--- $log"; tail -n 5 "$log"; done; exit 1; }
        sleep 0.1
    done
}

# Metadata
check "lists brokers" 1 "$(k -L | grep -c ' brokers:')"

# Codecs, one topic each
for codec in none gzip snappy lz4 zstd; do
    seq -f "%g:value-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" 1 300 | k -P -t "$run-$codec" -K: -z "$codec" -X enable.idempotence=true || exit 1
    check "produces and consumes 300 records with codec $codec" "$(seq 1 300 | md5sum)" "$(k -C -t "$run-$codec" -o beginning -e -f '%k\n' | md5sum)"
done

# Beginning, end, offset, time
topic=$run-none
check "consumes the last 5" "296 297 298 299 300" "$(k -C -t "$topic" -p 0 -o -5 -e -f '%k\n' | xargs)"
check "consumes from offset 290" 11 "$(k -C -t "$topic" -p 0 -o 290 -e -f '%k\n' | wc -l | awk '{print $1 + 1}')"
check "consumes nothing from the end" 0 "$(k -C -t "$topic" -p 0 -o end -e -f '%k\n' | wc -l)"
stamp=$(k -C -t "$topic" -p 0 -o 100 -c 1 -f '%T')
check "consumes from a time" "$stamp" "$(k -C -t "$topic" -p 0 -o "s@$stamp" -c 1 -f '%T')"
check "answers a query by time" "$topic [0] offset 0" "$(k -Q -t "$topic:0:1000")"
check "answers a query for the end" "$topic [0] offset 300" "$(k -Q -t "$topic:0:-1")"
check "answers a query for the beginning" "$topic [0] offset 0" "$(k -Q -t "$topic:0:-2")"

# Null value, empty value, headers
printf 'k1:\n' | k -P -t "$run-null" -K: -Z -H a=1 -H b=two || exit 1
check "keeps a null value and headers" "k1 -1 a=1,b=two" "$(k -C -t "$run-null" -o beginning -e -f '%k %S %h\n')"
printf 'k1:\n' | k -P -t "$run-empty" -K: || exit 1
check "keeps an empty value" "k1 0" "$(k -C -t "$run-empty" -o beginning -e -f '%k %S\n')"

# Acks 0 and 1
seq 1 50 | k -P -t "$run-acks" -X acks=0 || exit 1
seq 51 100 | k -P -t "$run-acks" -X acks=1 || exit 1
all_acks() { [ "$(k -C -t "$run-acks" -o beginning -e | sort -n | xargs)" = "$(seq 1 100 | xargs)" ]; }
wait_for 20 "100 records sent with acks 0 and 1" all_acks
echo "ok - delivers with acks 0 and 1"

# Three members share a topic; one leaves; each record is read once
member() { # NAME ARGS...
    local name=$1
    shift
    kcat -b "$bootstrap" -G "$run-group" -X auto.offset.reset=earliest -X session.timeout.ms=10000 -X heartbeat.interval.ms=500 \
        -f '%s\n' -u "$@" "$shared" >"$work/$name.out" 2>"$work/$name.err" &
    running+=($!)
}
count() { cat "$work"/*.out | wc -l; }
read_at_least() { [ "$(count)" -ge "$1" ]; }
assigned() { grep -c "assigned" "$work/$1.err" >/dev/null 2>&1; }
produce() { # FROM TO
    seq "$1" "$2" | sed 's/.*/&:&/' | k -P -t "$shared" -K: || exit 1
}
produce 1 100
member a
wait_for 60 "the first member's records" read_at_least 100
member b
wait_for 60 "the second member's assignment" assigned b
member c
wait_for 60 "the third member's assignment" assigned c
produce 101 400
wait_for 60 "the records of all members" read_at_least 400
leaver=${running[2]}
kill -TERM "$leaver"
wait "$leaver" 2>/dev/null
produce 401 600
wait_for 60 "the records after one left" read_at_least 600
check "three members read every record once, also after one left" "$(seq 1 600 | md5sum)" "$(cat "$work"/*.out | sort -n | md5sum)"
kill -TERM "${running[0]}" "${running[1]}"
wait "${running[0]}" "${running[1]}" 2>/dev/null
running=()
rm -f "$work"/*

# Resume where the group left off, as a static member, twice
produce 601 650
for instance in 1 2; do
    member s$instance -X group.instance.id=one
    wait_for 60 "the static member's records" read_at_least $((50 * instance))
    kill -TERM "${running[0]}"
    wait "${running[0]}" 2>/dev/null
    running=()
    [ $instance = 2 ] || produce 651 700
done
check "a group goes on where it committed, and a static member returns" "$(seq 601 700 | md5sum)" "$(cat "$work"/*.out | sort -n | md5sum)"

# Transactions
seq 1 20 | k -P -t "$run-txn" -X transactional.id="$run-txn" || exit 1
check "a transactional producer's records are committed" "$(seq 1 20 | md5sum)" "$(k -C -t "$run-txn" -o beginning -e -X isolation.level=read_committed | md5sum)"
echo "all checks passed"
