# SPDX-License-Identifier: MIT
# Shared by every script under board/: folders and messages.

BOARD_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOP=$(cd "$BOARD_DIR/.." && pwd)
BUILD=$(realpath -m "${BUILD:-$TOP/build}")
MACHINE=${MACHINE:-qemu-aarch64}
MACHINE_DIR=$BOARD_DIR/machines/$MACHINE
DOWNLOADS=${DOWNLOADS:-$BUILD/downloads}
DEPLOY=$BUILD/deploy/$MACHINE
SYSROOT=$BUILD/sysroot
export TOP BUILD MACHINE MACHINE_DIR DOWNLOADS DEPLOY SYSROOT BOARD_DIR
export LC_ALL=C.UTF-8 TZ=UTC
umask 022

# All files get this time stamp, so that the same inputs give the same bytes.
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-1735689600}

note() { printf '%s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() {
	printf 'error: %s\n' "$*" >&2
	exit 1
}

[ -d "$MACHINE_DIR" ] ||
	die "there is no machine '$MACHINE'; set MACHINE to one of: $(ls "$BOARD_DIR/machines" | tr '\n' ' ')"
