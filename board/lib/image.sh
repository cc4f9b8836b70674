# SPDX-License-Identifier: MIT
# Builds root images and ramdisks. The same inputs give the same bytes.

# Folders that no program on the board reads.
IMAGE_DROP='usr/share/man usr/share/info usr/share/locale usr/share/lintian usr/share/bug
	usr/share/gtk-doc usr/share/iso-codes usr/share/xml usr/share/help usr/share/python3
	usr/lib/python3 usr/lib/python3.11 usr/share/dpkg usr/include usr/share/perl5 var/cache
	var/lib/dpkg usr/share/zoneinfo usr/share/bash-completion'

# image_manifest LIST DIR : prints for each package its name, version, and the licences that its
# copyright file names.
image_manifest() {
	local list=$1 dir=$2 name version file licences
	while read -r name version file; do
		licences=$(sed -n 's/^License: *//p' "$dir/usr/share/doc/$name/copyright" 2>/dev/null |
			sort -u | paste -sd '|' | sed 's/|/ | /g')
		printf '%s\t%s\t%s\n' "$name" "$version" "${licences:-see copyright file}"
	done <"$list"
}

image_drop() {
	local dir=$1 path
	for path in $IMAGE_DROP; do rm -rf "${dir:?}/$path"; done
	find "$dir/usr/share/doc" -type f ! -name copyright -delete 2>/dev/null || true
}

# image_busybox DIR : makes a link to busybox for each applet that the board uses, unless a package
# already has a program of that name.
image_busybox() {
	local dir=$1 applet
	for applet in ash awk base64 basename cat chmod chown clear cp cut date dd df dirname dmesg du \
		echo env expr false find free getty grep halt head hexdump hostname id ifconfig init \
		insmod ip kill killall less ln ls lsmod md5sum mkdir mkfifo mknod mktemp modprobe more \
		mount mountpoint mv nproc od pgrep pidof ping poweroff printf ps pwd readlink realpath \
		reboot reset rm rmdir rmmod sed seq setsid sh sha256sum sleep sort stat stty sync sysctl \
		tail tar tee test time timeout top touch tr true tty umount uname uniq uptime usleep vi \
		wc which xargs yes; do
		[ -e "$dir/usr/bin/$applet" ] || [ -e "$dir/usr/sbin/$applet" ] ||
			ln -s busybox "$dir/usr/bin/$applet"
	done
}

# image_modules DIR KERNEL_IMAGE ABI MODULE... : copies the modules and their dependencies to DIR and
# writes their load order to DIR/etc/board/modules.
image_modules() {
	local dir=$1 kernel=$2 abi=$3 module path
	shift 3
	mkdir -p "$dir/etc/board" "$dir/usr/lib/modules/$abi"
	for module; do
		/sbin/modprobe -d "$kernel" -S "$abi" --show-depends "$module" | awk '{print $2}'
	done | awk '!seen[$0]++' | while read -r path; do
		path=/usr/lib/modules/${path#*/lib/modules/}
		mkdir -p "$dir${path%/*}"
		cp "$kernel$path" "$dir$path"
		printf '%s\n' "$path"
	done >"$dir/etc/board/modules"
	cp "$kernel/usr/lib/modules/$abi"/modules.{builtin,builtin.modinfo,order} \
		"$dir/usr/lib/modules/$abi/"
	/sbin/depmod -b "$dir" "$abi"
}

# image_version DIR ROLE : adds the image's name and version to os-release(5).
image_version() {
	local release=$1/usr/lib/os-release version
	version=$(sed -n 's/^#define GPUM_VERSION "\(.*\)"/\1/p' "$TOP/mediator/shared/version.h")
	mkdir -p "${release%/*}" "$1/etc"
	touch "$release"
	# The file may be a hard link into the base.
	{ cat "$release"; printf 'IMAGE_ID=gpu-mediator-%s\nIMAGE_VERSION=%s\n' "$2" "$version"; } >"$release.new"
	mv "$release.new" "$release"
	ln -sf ../usr/lib/os-release "$1/etc/os-release"
}

# image_swap NEW TREE : renames NEW to TREE. An interrupted build never leaves half a tree there.
image_swap() {
	rm -rf "$2.old"
	[ ! -e "$2" ] || mv "$2" "$2.old"
	mv "$1" "$2"
	rm -rf "$2.old"
}

# image_erofs DIR FILE : makes a read-only file system of DIR.
image_erofs() {
	rm -f "$2"
	mkfs.erofs -T "$SOURCE_DATE_EPOCH" -U 5f0e9cf1-8a3c-4a58-9d0b-3f1d5a7f0b10 --all-root -x-1 \
		"$2" "$1" >/dev/null
}

# image_cpio DIR FILE : makes a ramdisk of DIR.
image_cpio() {
	find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
	(cd "$1" && find . | sort | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$2"
}

# rootfs_base MODULES : unpacks the distribution's part of a root image into $S.
rootfs_base() {
	local kernel
	kernel=$(recipe_image linux-image)
	rm -rf "$S"
	mkdir -p "$S"
	apt_extract "$WORK/packages" "$S"
	image_manifest "$WORK/packages" "$S" >"$WORK/manifest"
	image_drop "$S"
	image_busybox "$S"
	image_modules "$S" "$kernel" "$(cat "$kernel/../abi")" $1
	mkdir -p "$S"/{proc,sys,dev,run,tmp,root,host,var/lib,var/log,etc}
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$S/etc/passwd"
	printf 'root:x:0:\n' >"$S/etc/group"
}

# rootfs_image ROLE PART... : builds the root image of ROLE from the base in $S, the folders
# board/rootfs/common and board/rootfs/ROLE, and the folder ROLE of each PART (a recipe or a folder).
rootfs_image() {
	local role=$1 part tree=$WORK/tree abi
	shift
	rm -rf "$tree" "$D"
	mkdir -p "$D"
	cp -al "$S" "$tree"
	for part in "$TOP/board/rootfs/common" "$TOP/board/rootfs/$role"; do
		rootfs_add "$part" "$tree"
	done
	for part; do
		[ -d "$part" ] || part=$(recipe_image "$part")
		[ ! -d "$part/$role" ] || rootfs_add "$part/$role" "$tree"
	done
	image_version "$tree" "$role"
	abi=$(ls "$tree/usr/lib/modules")
	rm -f "$tree/usr/lib/modules/$abi"/modules.{dep,alias,softdep,symbols,devname}*
	/sbin/depmod -b "$tree" "$abi"
	image_erofs "$tree" "$D/rootfs-$role.img"
	rm -rf "$tree"
}

# rootfs_add FROM TO : copies a tree. tar unlinks a file before it replaces it, so it never writes
# through the hard links into the base.
rootfs_add() {
	tar -C "$1" -c . | tar -C "$2" -x --keep-directory-symlink --no-same-owner
}
