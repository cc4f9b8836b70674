# SPDX-License-Identifier: MIT
# Starts and stops the emulated machine MACHINE. The caller has sourced common.sh and the machine
# file. $OUT: output folder of the run, /host in the domains. $RUN: folder for sockets and for files
# that only the run itself needs.

# Provides a display with GL: the user's own if it works, else an X server in memory. Its screen is
# larger than the window, because SDL centres the window before it knows the window's final size.
qemu_display() {
	if [ -z "${HEADLESS:-}" ] && [ -n "${DISPLAY:-}" ] && xdpyinfo >/dev/null 2>&1; then
		return 0
	fi
	local tries=0
	Xvfb -displayfd 3 -screen 0 2048x1280x24 -nolisten tcp 3>"$RUN/display" \
		>"$OUT/log/xvfb.log" 2>&1 &
	XVFB_PID=$!
	until [ -s "$RUN/display" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || die "Xvfb does not start, see $OUT/log/xvfb.log"
		sleep 0.1
	done
	DISPLAY=:$(cat "$RUN/display")
	export DISPLAY
}

# Prepares both trees in $RUN. The driver domain's tree is DRIVER_TREE or the image's; POLICY, if set,
# replaces the policy in it. Xen's tree must contain the exact size of the driver domain's tree.
qemu_trees() {
	local size
	cp "${DRIVER_TREE:-$IMAGES/driver.dtb}" "$RUN/driver.dtb"
	if [ -n "${POLICY:-}" ]; then
		fdtput -t s "$RUN/driver.dtb" /passthrough/gpu-mediator policy \
			"${POLICY/#priority/fixed-priority}"
	fi
	size=$(stat -c %s "$RUN/driver.dtb")
	cp "$IMAGES/xen.dtb" "$RUN/xen.dtb"
	fdtput -t x "$RUN/xen.dtb" "/chosen/driver/module@${ADDR_DRIVER_TREE#0x}" reg \
		0 "${ADDR_DRIVER_TREE#0x}" 0 "$(printf '%x' "$size")"
}

qemu_loader() { printf -- '-device loader,addr=%s,file=%s,force-raw=on\n' "$1" "$2"; }

# qemu_prepare OUT : makes the folders of a run. Sets OUT, RUN, IMAGES.
qemu_prepare() {
	OUT=$(realpath -m "$1")
	IMAGES=$(realpath -m "${IMAGES:-$DEPLOY}")
	[ -f "$IMAGES/xen.dtb" ] || die "there is no board image in $IMAGES: run make image first"
	if [ -f "$OUT/sockets" ] && kill -0 "$(cat "$(cat "$OUT/sockets")/qemu.pid" 2>/dev/null)" \
		2>/dev/null; then
		die "a board is already running with its output in $OUT: stop it or set OUT=dir"
	fi
	rm -rf "$OUT/log" "$OUT/console"
	mkdir -p "$OUT/log" "$OUT/console" "$OUT/config"
	RUN=$(mktemp -d /tmp/board.XXXXXX)
	printf '%s\n' "$RUN" >"$OUT/sockets"
}

# qemu_start : starts QEMU. Sets QEMU_PID.
qemu_start() {
	local devices
	qemu_trees
	devices=${QEMU_DEVICES//@DEPLOY@/$IMAGES}
	devices=${devices//@OUT@/$OUT}
	devices=${devices//@RUN@/$RUN}
	# shellcheck disable=SC2046,SC2086 # lists of options
	# setsid: Ctrl-C must reach only this script, which then still collects the machine's results.
	SDL_VIDEODRIVER=x11 setsid qemu-system-aarch64 $QEMU_MACHINE -m "$MEMORY_MIB" \
		-name "cockpit" -display "${QEMU_DISPLAY:-sdl,gl=on}" \
		-kernel "$IMAGES/xen" -dtb "$RUN/xen.dtb" \
		$(qemu_loader $ADDR_DOM0_KERNEL "$IMAGES/Image") \
		$(qemu_loader $ADDR_DOM0_RAMDISK "$IMAGES/initramfs.cpio") \
		$(qemu_loader $ADDR_DRIVER_KERNEL "$IMAGES/Image") \
		$(qemu_loader $ADDR_DRIVER_RAMDISK "$IMAGES/initramfs.cpio") \
		$(qemu_loader $ADDR_DRIVER_TREE "$RUN/driver.dtb") \
		$(qemu_loader $ADDR_XSM_POLICY "$IMAGES/xenpolicy") \
		-chardev "socket,id=xen,path=$RUN/xen.console,server=on,wait=off,logfile=$OUT/log/xen.log" \
		-serial chardev:xen \
		-monitor "unix:$RUN/monitor,server=on,wait=off" \
		$devices >"$OUT/log/qemu.log" 2>&1 &
	QEMU_PID=$!
	printf '%s\n' "$QEMU_PID" >"$RUN/qemu.pid"
}

qemu_runs() { [ -n "${QEMU_PID:-}" ] && kill -0 "$QEMU_PID" 2>/dev/null; }

# qemu_wait_end TENTHS : waits until the machine is off; fails after TENTHS tenths of a second.
qemu_wait_end() {
	local tries=$1
	while qemu_runs; do
		[ "$tries" -gt 0 ] || return 1
		tries=$((tries - 1))
		sleep 0.1
	done
}

# Ends QEMU (after 5 s with SIGKILL) and Xvfb, and removes $RUN.
qemu_stop() {
	if qemu_runs; then
		kill "$QEMU_PID" 2>/dev/null || true
		qemu_wait_end 50 || kill -9 "$QEMU_PID" 2>/dev/null || true
	fi
	[ -z "${XVFB_PID:-}" ] || kill "$XVFB_PID" 2>/dev/null || true
	[ -z "${RUN:-}" ] || rm -rf "$RUN"
	[ -z "${OUT:-}" ] || rm -f "$OUT/sockets"
}
