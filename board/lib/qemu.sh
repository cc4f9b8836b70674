# SPDX-License-Identifier: MIT
# Starts and stops the machine of the current MACHINE. Needs common.sh and the machine file.

# A display with GL: the user's own if it works, else an X server in memory.
qemu_display() {
	if [ -z "${HEADLESS:-}" ] && [ -n "${DISPLAY:-}" ] && xdpyinfo >/dev/null 2>&1; then
		return 0
	fi
	local tries=0
	rm -f "$RUN/display"
	Xvfb -displayfd 3 -screen 0 1400x900x24 -nolisten tcp 3>"$RUN/display" \
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

qemu_loader() { printf -- '-device loader,addr=%s,file=%s,force-raw=on\n' "$1" "$2"; }

# qemu_start : boots $IMAGES with the run folder $OUT; sockets lie in $RUN. Sets QEMU_PID.
qemu_start() {
	local devices
	devices=${QEMU_DEVICES//@DEPLOY@/$IMAGES}
	devices=${devices//@OUT@/$OUT}
	devices=${devices//@RUN@/$RUN}
	# shellcheck disable=SC2086 # lists of options
	SDL_VIDEODRIVER=x11 qemu-system-aarch64 $QEMU_MACHINE -m "$MEMORY_MIB" \
		-display "${QEMU_DISPLAY:-sdl,gl=on}" \
		-kernel "$IMAGES/xen" -dtb "$IMAGES/xen.dtb" \
		$(qemu_loader $ADDR_DOM0_KERNEL "$IMAGES/Image") \
		$(qemu_loader $ADDR_DOM0_RAMDISK "$IMAGES/initramfs.cpio") \
		$(qemu_loader $ADDR_DRIVER_KERNEL "$IMAGES/Image") \
		$(qemu_loader $ADDR_DRIVER_RAMDISK "$IMAGES/initramfs.cpio") \
		$(qemu_loader $ADDR_DRIVER_TREE "$IMAGES/driver.dtb") \
		-chardev "socket,id=xen,path=$RUN/xen.console,server=on,wait=off,logfile=$OUT/log/xen.log" \
		-serial chardev:xen \
		-monitor "unix:$RUN/monitor,server=on,wait=off" \
		$devices >"$OUT/log/qemu.log" 2>&1 &
	QEMU_PID=$!
	printf '%s\n' "$QEMU_PID" >"$RUN/qemu.pid"
}

# Ends what qemu_start and qemu_display began; bounded.
qemu_stop() {
	local tries=0
	if [ -n "${QEMU_PID:-}" ] && kill -0 "$QEMU_PID" 2>/dev/null; then
		kill "$QEMU_PID" 2>/dev/null || true
		while kill -0 "$QEMU_PID" 2>/dev/null && [ $tries -lt 50 ]; do
			sleep 0.1
			tries=$((tries + 1))
		done
		kill -9 "$QEMU_PID" 2>/dev/null || true
	fi
	[ -z "${XVFB_PID:-}" ] || kill "$XVFB_PID" 2>/dev/null || true
	rm -rf "$RUN"
}
