#!/bin/sh
# Runs built test projects and sums up their results. Usage: tests/run.sh [PROJECT...]  (default: all)
# Fails when a project fails, crashes, leaves no readable result, or holds no test.
set -eu

root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
configuration=${CONFIGURATION:-release}
results=artifacts/test-results
limit_seconds=${TEST_TIMEOUT_SECONDS:-1800}

[ $# -gt 0 ] || set -- $(for project in tests/*Tests/*.csproj; do basename "$project" .csproj; done)

# attribute FILE NAME: the number in the first <assembly ... NAME="n" ...> tag
attribute() { sed -n 's/.*<assembly [^>]*[[:space:]]'"$2"'="\([0-9][0-9]*\)".*/\1/p' "$1" | head -n 1; }

# Escape codes only where somebody looks.
color=
[ -t 1 ] || color=-noColor

rm -rf "$results"
mkdir -p "$results"
passed=0 failed=0 skipped=0 broken=
for project in "$@"; do
    result=$results/$project.xml
    printf '== %s\n' "$project"
    status=0
    timeout -k 10 "$limit_seconds" dotnet "artifacts/bin/$project/$configuration/$project.dll" \
        -noLogo $color -xml "$result" </dev/null || status=$?

    ran=
    [ ! -s "$result" ] || ran=$(attribute "$result" total)
    if [ -z "$ran" ]; then
        echo "!! $project left no result (exit status $status)"
        broken="$broken $project"
        failed=$((failed + 1))
        continue
    fi
    project_failed=$(($(attribute "$result" failed) + $(attribute "$result" errors)))
    passed=$((passed + $(attribute "$result" passed)))
    failed=$((failed + project_failed))
    skipped=$((skipped + $(attribute "$result" skipped)))
    if [ "$ran" = 0 ]; then
        echo "!! $project holds no test"
        broken="$broken $project"
    elif [ "$status" != 0 ] && [ "$project_failed" = 0 ]; then
        echo "!! $project ended with exit status $status although no test failed"
        broken="$broken $project"
        failed=$((failed + 1))
    fi
done

summary="$passed passed, $failed failed, $skipped skipped"
echo "$summary" >"$results/summary.txt"
[ -z "$broken" ] || echo "broken:$broken"
echo "$summary"
[ "$failed" = 0 ] && [ -z "$broken" ] && [ "$passed" -gt 0 ]
