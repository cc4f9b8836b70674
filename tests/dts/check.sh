#!/bin/bash
# SPDX-License-Identifier: MIT
# The binding is a valid dt-schema document, the boards' driver domain trees and the binding's own
# example are good by the binding and by `gpumctl check`, and wrong trees are refused with the node
# and the property. Reports in TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

BUILD=${BUILD:-build}
BINDING=xen,gpu-mediator-v1.yaml
WORK=$BUILD/check/dts-work
number=0
rm -rf "$WORK"
mkdir -p "$WORK"

report() { # STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}
failed=0

compile() { # SOURCE BLOB; as the board's recipe does, but without warnings of bindings not ours
	cpp -nostdinc -undef -x assembler-with-cpp -P -I dts "$1" >"$2.i" &&
		dtc -@ -q -I dts -O dtb -o "$2" "$2.i"
}

# dt-validate tells what it finds and still exits with 0. The schemas that come with it are of
# devices and buses; ours is what is to be checked.
by_binding() { # BLOB
	dt-validate -l gpu-mediator -s "$WORK/schema.json" "$1" >"$1.log" 2>&1
	local status=$?
	cat "$1.log" >&2
	[ $status -eq 0 ] && [ ! -s "$1.log" ]
}

gpumctl=$BUILD/host/plain/bin/gpumctl
make --no-print-directory -s "$gpumctl" >&2
report $? 'gpumctl builds on the host'

dt-doc-validate -u "$PWD/dts/bindings" "dts/bindings/$BINDING" >"$WORK/doc.log" 2>&1 &&
	[ ! -s "$WORK/doc.log" ]
report $? 'the binding is a valid dt-schema document'
cat "$WORK/doc.log" >&2
dt-mk-schema -j -o "$WORK/schema.json" dts/bindings >&2
report $? 'the binding can be preparsed'

for source in dts/*-driver.dts; do
	name=$(basename "$source" .dts)
	blob=$WORK/$name.dtb
	compile "$source" "$blob"
	report $? "$name compiles"
	dt-validate -M -l gpu-mediator -s "$WORK/schema.json" "$blob" >"$WORK/matched" 2>&1
	grep -q '/gpu-mediator: matched' "$WORK/matched"
	report $? "$name is looked at by the binding"
	by_binding "$blob"
	report $? "$name is good by the binding"
	"$gpumctl" check "$blob" >"$WORK/table"
	report $? "$name is good by gpumctl check"
	"$gpumctl" check --json "$blob" |
		python3 -c 'import json, sys; d = json.load(sys.stdin); sys.exit(not d["good"])'
	report $? "$name is good by gpumctl check --json"
done

# The binding's example, and the examples of docs/device-tree.md (blocks marked dts).
example() { # FILE.yaml with one example at its end
	sed '1,/^  - |$/d' "$1"
}
good=$WORK/example.dts
{ echo '/dts-v1/; / {'; example "dts/bindings/$BINDING"; echo '};'; } >"$good"
compile "$good" "$WORK/example.dtb" && by_binding "$WORK/example.dtb"
report $? "the binding's example is good by the binding"
"$gpumctl" check "$WORK/example.dtb" >/dev/null
report $? "the binding's example is good by gpumctl check"

awk '/^```dts$/ { on = 1; n++; next } /^```$/ { on = 0 } on { print > (dir "/doc" n ".dtsi") }' \
	dir="$WORK" docs/device-tree.md
for block in "$WORK"/doc*.dtsi; do
	name=$(basename "$block" .dtsi)
	grep -q 'gpu-mediator {' "$block" || continue
	{ echo '/dts-v1/; / {'; cat "$block"; echo '};'; } >"$WORK/$name.dts"
	compile "$WORK/$name.dts" "$WORK/$name.dtb" && by_binding "$WORK/$name.dtb" &&
		"$gpumctl" check "$WORK/$name.dtb" >/dev/null
	report $? "whole example $name of docs/device-tree.md is good by both"
done

# FROM TO NODE PROPERTY, and 'both' when the binding refuses it as well: it sees single values,
# not what several nodes must agree on.
refused() {
	local from=$1 to=$2 node=$3 property=$4 by=$5 text what="'$2'"
	[ -n "$to" ] || what="a tree without '$from'"
	text=$(<"$good")
	if [[ $text != *"$from"* ]]; then
		report 1 "'$from' is not in the good tree"
		return
	fi
	printf '%s\n' "${text/"$from"/"$to"}" >"$WORK/bad.dts"
	if ! compile "$WORK/bad.dts" "$WORK/bad.dtb"; then
		report 1 "$what compiles"
		return
	fi
	"$gpumctl" check "$WORK/bad.dtb" >"$WORK/bad.log" 2>&1
	[ $? -eq 1 ] && grep -qF "$node: ${property:+$property: }found" "$WORK/bad.log"
	local status=$?
	[ $status -eq 0 ] || cat "$WORK/bad.log" >&2
	report $status "gpumctl check refuses $what and names $node ${property:-itself}"
	if [ "$by" = both ]; then
		! by_binding "$WORK/bad.dtb" 2>/dev/null
		report $? "the binding refuses $what"
	fi
}

M=/gpu-mediator
D=$M/displays/display@0
G=$M/guests/cluster
refused 'policy = "fixed-priority"' 'policy = "lottery"' $M policy both
refused 'policy = ' 'polcy = ' $M polcy both
refused 'panel: panel {' 'panel: screen {' $M/screen '' both
refused 'connector = "Virtual-1";' '' $M/panel connector both
refused 'mode = "1280x720@60"' 'mode = "1280x720"' $M/panel mode both
refused 'mode = "1280x720@60"' 'mode = "1280x720@300"' $M/panel mode config
refused 'priority = <0>' 'priority = <256>' $D priority both
refused 'priority = <0>;' '' $D priority both
refused 'region = <0 0 1280 400>' 'region = <0 0 1280>' $D region both
refused 'region = <0 0 1280 400>' 'region = <8 0 1280 400>' $D region config
refused 'frame-period-us = <33333>' 'frame-period-us = <0>' $D frame-period-us both
refused 'frame-period-us = <33333>' 'frame-period-us = <16000>' $D frame-period-us config
refused 'freeze-timeout-ms = <500>' 'freeze-timeout-ms = <10001>' $D freeze-timeout-ms both
refused 'panel = <&panel>' 'panel = <&cluster>' $D panel config
refused 'domain-name = "cluster"' 'domain-name = "a b"' $G domain-name both
refused 'displays = <&cluster>' 'displays = <&panel>' $G displays config
refused 'displays = <&cluster>' 'displays = <&cluster &cluster>' $G displays config
refused 'max-job-us = <2000>' 'max-job-us = <0>' $G max-job-us both
refused 'max-job-us = <2000>;' '' $G max-job-us both
refused 'max-job-draws = <32>' 'max-job-draws = <0>' $G max-job-draws both
refused 'max-job-draws = <32>' 'max-job-draws = <65537>' $G max-job-draws both
refused 'weight = <1>' 'weight = <0>' $G weight both
refused 'kill-time-us = <4000>' 'kill-time-us = <1999>' $G kill-time-us config
refused 'switch-cost-us = <100>' 'switch-cost-us = <1000001>' $M switch-cost-us both
refused 'latency-us = <200>' 'latency = <200>' $M latency both
refused 'compose-us = <2000>' 'compose-us = <0>' $M/panel compose-us both
refused 'deadline-us = <30000>' 'deadline-us = <33334>' $D deadline-us config
refused 'jitter-us = <1000>' 'jitter-us = <33333>' $D jitter-us config
refused 'segments-per-frame = <2>' 'segments-per-frame = <257>' $D segments-per-frame both
refused 'segments-per-frame = <2>' 'segments-per-frame = <1>' $D segment-gap-us config
refused 'slack-gate;' 'slack-gate = <0>;' $D slack-gate both
# Well-formed, and more than the GPU can do in time.
refused 'budget-us = <6400>' 'budget-us = <2100>' $G budget-us config
refused 'deadline-us = <30000>' 'deadline-us = <8000>' $D deadline-us config
refused 'budget-us = <6400>' 'budget-us = <33334>' $G budget-us config
refused 'budget-period-us = <33333>;' '' $G budget-period-us both
refused 'memory-mib = <64>' 'memory-mb = <64>' $G memory-mb both
refused 'max-contexts = <16>' 'max-contexts = <1025>' $G max-contexts both
refused 'max-resources = <1024>' 'max-resources = <1>' $G max-resources both
refused 'max-granted-mib = <64>' 'max-granted-mib = <0>' $G max-granted-mib both
refused 'max-command-kib = <1024>' 'max-command-kib = <5000>' $G max-command-kib both
refused 'max-events-per-second = <2000>' 'max-events-per-second = <1>' $G max-events-per-second both
refused 'max-log-lines-per-minute = <30>' 'max-log-lines-per-minute = <0>' $G max-log-lines-per-minute both
refused 'max-resources = <1024>' 'ban-ms = <3600001>' $G ban-ms both
refused 'xen,gpu-mediator-v1' 'xen,gpu-mediator-v9' / '' config

# What is well-formed and more than the GPU can do in time is refused with changes that help.
helped() { # FROM TO
	local from=$1 to=$2 text status
	text=$(<"$good")
	printf '%s\n' "${text/"$from"/"$to"}" >"$WORK/late.dts"
	compile "$WORK/late.dts" "$WORK/late.dtb" &&
		! "$gpumctl" check --json "$WORK/late.dtb" >"$WORK/late.json" &&
		python3 - "$WORK/late.json" >"$WORK/late.sh" <<-'END' && . "$WORK/late.sh" &&
			import json, sys
			result = json.load(open(sys.argv[1]))
			assert result["error"]["kind"] == "cannot be promised", result["error"]
			assert result["promise"]["changes"], result["error"]["message"]
			for c in result["promise"]["changes"]:
			    value = "" if c["property"] == "slack-gate" else c["to"]
			    print(f'fdtput -t u "$WORK/late.dtb" {c["node"]} {c["property"]} {value}')
		END
		"$gpumctl" check "$WORK/late.dtb" >/dev/null
	status=$?
	report $status "what gpumctl check proposes for '$to' is then accepted"
}
helped 'budget-us = <6400>' 'budget-us = <2100>'
helped 'deadline-us = <30000>' 'deadline-us = <8000>'
helped 'compose-us = <2000>' 'compose-us = <40000>'
helped 'segment-gap-us = <500>' 'segment-gap-us = <30000>'

head -c 300 "$WORK/example.dtb" >"$WORK/cut.dtb"
"$gpumctl" check "$WORK/cut.dtb" >/dev/null 2>&1
[ $? -eq 1 ]
report $? 'a blob that is cut short is refused with status 1'
"$gpumctl" check "$WORK/not-there.dtb" >/dev/null 2>&1
[ $? -eq 2 ]
report $? 'a file that is not there gives status 2'

echo "1..$number"
exit $failed
