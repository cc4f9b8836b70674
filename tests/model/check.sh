#!/bin/bash
# SPDX-License-Identifier: MIT
# Explores the models exhaustively with Spin: the properties hold, and each mistake that the model
# knows (-DBUG_...) breaks one, so that the model can see what it is there to see. Reports in TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

BUILD=${BUILD:-build}
WORK=$BUILD/check/model-work
MODEL=$PWD/tests/model/jobs.pml
PAN_FLAGS=
number=0
failed=0
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

# Status 0: explored whole, and nothing wrong. 1: something is wrong. 2: it could not be explored.
# PROPERTY: '' for assertions and ends, NO_CYCLE for that all comes to rest.
explore() { # NAME PROPERTY DEFINE...
	local name=$1 property=$2 log=$WORK/$1.log
	local optimise=-O2
	shift 2
	# A mistake is found soon.
	[[ $* == *-DBUG_* ]] && optimise=-O0
	mkdir -p "$WORK/$name"
	(
		cd "$WORK/$name" || exit 2
		spin "$@" -a "$MODEL" >spin.out 2>&1 || exit 2
		if [ -z "$property" ]; then
			gcc $optimise -w -DSAFETY -DNOCLAIM -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c || exit 2
			timeout 200 ./pan -m1000000 $PAN_FLAGS
		elif [ "$property" = NO_CYCLE ]; then
			gcc $optimise -w -DNP -DNOCLAIM -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c || exit 2
			timeout 200 ./pan -l -m1000000
		else
			gcc $optimise -w -DNFAIR=4 -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c || exit 2
			timeout 200 ./pan -a -f -m1000000 -N "$property"
		fi
	) >"$log" 2>&1
	grep -q 'errors: 0' "$log" && ! grep -qE 'max search depth too small|aborting|out of memory' "$log" &&
		return 0
	grep -qE 'errors: [1-9]' "$log" && return 1
	cat "$log" >&2
	return 2
}

explore jobs '' -DJOBS=2 -DLIVES=1
report $? 'the GPU is never used by two, and each job runs and is answered at most once'
explore lives '' -DJOBS=1 -DLIVES=2
report $? 'nor when clients die and are started again'
for property in gpu_is_given_back the_important_one_gives_it_back who_waits_is_served_or_gone \
	so_is_the_other; do
	explore "$property" "$property" -DJOBS=1 -DLIVES=1
	report $? "${property//_/ }"
	explore "$property-immortal" "$property" -DJOBS=1 -DLIVES=1 -DIMMORTAL
	report $? "${property//_/ }, when nobody dies by itself"
done

explore free_at_kill '' -DBUG_FREE_AT_KILL
[ $? -eq 1 ]
report $? 'freeing the GPU when a client is killed, and not when it is reaped, is found'
explore any_done '' -DBUG_ANY_DONE
[ $? -eq 1 ]
report $? 'believing the end of a job of somebody else is found'
explore no_kick who_waits_is_served_or_gone -DBUG_NO_KICK -DIMMORTAL
[ $? -eq 1 ]
report $? 'forgetting to look for the next job is found'

# --- virtqueues ---------------------------------------------------------------------------------
MODEL=$PWD/tests/model/virtqueue.pml
explore virtqueue ''
report $? 'each head comes back once, and who sleeps is woken, though events are suppressed'
explore virtqueue-mortal '' -DMORTAL -DWORK=4
report $? 'nor does anybody wait for ever when either side is killed'
# A driver that wrecks its own ring may wait for ever.
PAN_FLAGS=-E
explore virtqueue-hostile '' -DHOSTILE -DWORK=2
report $? 'whatever the driver writes, the backend has no head twice and takes nothing beyond the ring'
PAN_FLAGS=
explore virtqueue-no_second_look '' -DBUG_NO_SECOND_LOOK
[ $? -eq 1 ]
report $? 'a backend that sleeps without a second look is found'
explore virtqueue-late_driver '' -DBUG_LATE_DRIVER
[ $? -eq 1 ]
report $? 'and so is a driver'
explore virtqueue-index_first '' -DBUG_INDEX_FIRST
[ $? -eq 1 ]
report $? 'announcing an answer before it is there is found'
PAN_FLAGS=-E
explore virtqueue-busy '' -DBUG_BUSY -DHOSTILE -DWORK=3
[ $? -eq 1 ]
report $? 'taking a head that is still with us is found'
explore virtqueue-no_bound '' -DBUG_NO_BOUND -DHOSTILE -DWORK=3
[ $? -eq 1 ]
report $? 'believing any index is found'

# --- connections ---------------------------------------------------------------------------------
MODEL=$PWD/tests/model/connection.pml
for property in nothing_mapped_is_ended they_are_connected_in_the_end a_backend_always_comes_back \
	who_leaves_is_let_go; do
	explore "connection-$property" "$property"
	report $? "${property//_/ }"
done
explore connection-no_wait nothing_mapped_is_ended -DBUG_NO_WAIT
[ $? -eq 1 ]
report $? 'ending grants without waiting for the backend is found'
explore connection-closing_first nothing_mapped_is_ended -DBUG_CLOSING_FIRST
[ $? -eq 1 ]
report $? 'a backend that says Closing before it has let go is found'

# --- mediators that die --------------------------------------------------------------------------
MODEL=$PWD/tests/model/resume.pml
explore resume '' -DCOMMANDS=1
report $? 'two mediators may die: no two jobs on the GPU, none runs twice, each command is answered once'
explore resume-commands '' -DDEATHS=1
report $? 'nor is it otherwise when guests send more'
explore resume-lives '' -DCOMMANDS=1 -DDEATHS=1 -DLIVES=2 -DSTRIKES
report $? 'or when clients die, or are ended by the keeper, and are started again'
explore resume-rest NO_CYCLE -DCOMMANDS=1
report $? 'all comes to rest when no more mediators die'

resume_finds() { # MISTAKE NAME DEFINE...
	local mistake=$1 name=$2
	shift 2
	explore "resume-$mistake" '' -DCOMMANDS=1 "-DBUG_$mistake" "$@"
	[ $? -eq 1 ]
	report $? "$name is found"
}
resume_finds NO_WAIT 'giving the GPU away before all have said HELLO'
resume_finds ANY_HELLO 'believing a HELLO to a mediator that is dead'
resume_finds OLD_WORDS 'believing what was said to it before'
resume_finds BUSY_HELLO 'a client that says HELLO while it has the GPU'
resume_finds FORGET_JOB 'one that forgets the job that waits'
resume_finds TWICE 'one that announces a job again that has run'
resume_finds FORGET_FRAME 'one that forgets the frame that waits'
resume_finds NOT_AGAIN 'one that does not tell the old frame from the next'
resume_finds KNOWN_AT_KILL 'waiting for who is silent only until it is killed'
resume_finds UNWANTED 'not waiting for one that is not wanted'
resume_finds LET_GO 'forgetting those that the keeper ends' -DSTRIKES -DLIVES=2 -DDEATHS=1

echo "1..$number"
exit $failed
