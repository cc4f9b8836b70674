# SPDX-License-Identifier: MIT
# A private apt for arm64 packages and Debian source packages. It uses the repositories that the
# host's own apt is configured with, but adds no architecture and no deb-src entry to the host.

APT_ROOT=$BUILD/apt
LOCK_FILE=${LOCK_FILE:-$BOARD_DIR/packages.lock}

# Prints sources for Debian's own repositories among the host's; third-party ones are left out.
apt_sources() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	apt-get indextargets --format '$(ORIGIN)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)' \
		'Created-By: Packages' | sort -u |
		awk -F'|' -v key="$keyring" '$1 == "Debian" && $4 == "main" && !seen[$2 $3]++ {
			printf "Types: deb deb-src\nURIs: %s\nSuites: %s\nComponents: main\n", $2, $3
			printf "Architectures: arm64 amd64\nSigned-By: %s\n\n", key
		}'
}

# apt_run ARCH COMMAND... : runs COMMAND (apt-get, apt-cache) with the private state of ARCH.
apt_run() {
	local arch=$1 command=$2
	shift 2
	# The host's own settings may switch apt's caches off; options of the command line override
	# them.
	APT_CONFIG=$APT_ROOT/$arch.conf "$command" -o Dir::Cache::pkgcache=pkgcache.bin \
		-o Dir::Cache::srcpkgcache=srcpkgcache.bin "$@"
}

# apt_pins ARCH : prints apt preferences that pin the versions in the lock.
apt_pins() {
	[ -f "$LOCK_FILE" ] || return 0
	awk -v arch="$1" '!/^#/ && NF >= 3 && $1 == arch {
		printf "Package: %s\nPin: version %s\nPin-Priority: 1001\n\n", $2, $3
	}' "$LOCK_FILE"
}

# Prepares the private state and downloads the indices, at most once per `board/bake` run.
apt_setup() {
	[ ! -e "$APT_ROOT/ready.$$" ] || return 0
	local arch sources
	mkdir -p "$APT_ROOT/lists/partial" "$APT_ROOT/parts" "$APT_ROOT/cache" "$DOWNLOADS/partial"
	sources=$(apt_sources)
	if [ -z "$sources" ]; then
		die "apt on this machine has no Debian repository: configure one and run apt-get update"
	fi
	printf '%s\n' "$sources" >"$APT_ROOT/parts/debian.sources"
	: >"$APT_ROOT/empty-status"
	for arch in arm64 amd64 both; do
		apt_pins "$arch" >"$APT_ROOT/$arch.pref"
		cat >"$APT_ROOT/$arch.conf" <<-CONF
			Dir::Etc::sourcelist "/dev/null";
			Dir::Etc::sourceparts "$APT_ROOT/parts";
			Dir::Etc::preferences "$APT_ROOT/$arch.pref";
			Dir::Etc::preferencesparts "/dev/null";
			Dir::State "$APT_ROOT";
			Dir::State::lists "$APT_ROOT/lists";
			Dir::State::status "$APT_ROOT/empty-status";
			Dir::State::extended_states "$APT_ROOT/$arch.extended";
			Dir::Cache "$APT_ROOT/cache/$arch";
			Dir::Cache::archives "$DOWNLOADS";
			Dir::Log "$APT_ROOT";
			APT::Architecture "${arch/both/arm64}";
			APT::Architectures { "${arch/both/arm64\"; \"amd64}"; };
			APT::Install-Recommends "false";
			APT::Sandbox::User "";
			APT::Keep-Downloaded-Packages "true";
			Acquire::Languages "none";
			Acquire::Retries "3";
			Debug::NoLocking "true";
		CONF
		mkdir -p "$APT_ROOT/cache/$arch"
	done
	if ! apt_run both apt-get -q update >"$APT_ROOT/update.log" 2>&1; then
		die "apt-get update failed, see $APT_ROOT/update.log (is the network reachable?)"
	fi
	rm -f "$APT_ROOT"/ready.*
	: >"$APT_ROOT/ready.$$"
}

# apt_fetch ARCH LIST PACKAGE... : downloads the packages and their dependencies (without
# recommended packages) and writes sorted lines "name version file" to LIST.
apt_fetch() {
	local arch=$1 list=$2
	shift 2
	apt_setup
	apt_run "$arch" apt-get -qq -y --allow-downgrades --simulate install "$@" \
		>"$list.plan" 2>"$list.log" || die "apt cannot resolve $*: $(tail -3 "$list.log")"
	apt_run "$arch" apt-get -qq -y --allow-downgrades --download-only install "$@" \
		>>"$list.log" 2>&1 || die "download failed: $(tail -3 "$list.log")"
	# apt prints "Inst NAME (VERSION ORIGIN... [ARCH])". A colon in the version becomes %3a in the
	# file's name.
	sed -nE 's/^Inst ([^ :]+)[^ ]* \(([^ ]+) .*\[([a-z0-9]+)\]\).*/\1 \2 \3/p' "$list.plan" |
		sort | while read -r name version arch; do
		printf '%s %s %s\n' "$name" "$version" "${name}_${version//:/%3a}_$arch.deb"
	done >"$list"
	[ -s "$list" ] || die "apt plans no package for: $*"
	apt_check_pins "$arch" "$list"
}

# Compares the versions that apt chose with the lock. Warns about each difference; with
# STRICT_PINS=1 a difference is an error.
apt_check_pins() {
	local arch=$1 list=$2 drift
	[ -f "$LOCK_FILE" ] || return 0
	drift=$(awk -v arch="$arch" 'NR == FNR { if ($1 == arch) pin[$2] = $3; next }
		!($1 in pin) { print $1 " " $2 " is not in the lock"; next }
		pin[$1] != $2 { print $1 " " $2 " instead of the locked " pin[$1] }' \
		"$LOCK_FILE" "$list")
	: >"$list.drift"
	[ -z "$drift" ] && return 0
	printf '%s\n' "$drift" >"$list.drift"
	if [ "${STRICT_PINS:-0}" = 1 ]; then
		die "versions differ from $LOCK_FILE: $drift"
	fi
	printf '%s\n' "$drift" | while read -r line; do warn "package $line"; done
}

# apt_extract LIST DIR : unpacks every package of LIST into DIR, with /usr merged.
apt_extract() {
	local list=$1 dir=$2 name version file link
	for link in bin sbin lib; do
		mkdir -p "$dir/usr/$link"
		[ -e "$dir/$link" ] || ln -s "usr/$link" "$dir/$link"
	done
	while read -r name version file; do
		dpkg-deb --fsys-tarfile "$DOWNLOADS/$file" |
			tar -C "$dir" -x --keep-directory-symlink --no-same-owner -p
	done <"$list"
}

# apt_fetch_only ARCH LIST PACKAGE... : like apt_fetch, but without dependencies.
apt_fetch_only() {
	local arch=$1 list=$2 name version file
	shift 2
	apt_setup
	(cd "$DOWNLOADS" && apt_run "$arch" apt-get -qq download "$@" >"$list.log" 2>&1) ||
		die "download failed: $(tail -3 "$list.log")"
	apt_run "$arch" apt-get -qq download --print-uris "$@" | awk '{print $2}' | sort |
		while read -r file; do
			name=${file%%_*}
			version=${file#*_}
			version=${version%_*}
			printf '%s %s %s\n' "$name" "${version//%3a/:}" "$file"
		done >"$list"
	apt_check_pins "$arch" "$list"
}

# apt_field ARCH PACKAGE FIELD : prints a field of the version of PACKAGE that apt would install.
apt_field() {
	apt_setup
	apt_run "$1" apt-cache show --no-all-versions "$2" | sed -n "s/^$3: //p" | head -1
}

# apt_fetch_source LIST SOURCE : downloads a Debian source package into DOWNLOADS and writes "name
# version dsc-file" to LIST. Tries the locked version first ("source" in the lock's first column),
# then all others from new to old, because a security archive may list sources that it does not have.
apt_fetch_source() {
	local list=$1 source=$2 version file
	apt_setup
	for version in $(awk -v s="$source" '$1 == "source" && $2 == s { print $3 }' "$LOCK_FILE" \
		2>/dev/null || true) $(apt_run amd64 apt-cache showsrc "$source" |
		sed -n 's/^Version: //p' | sort -rV); do
		if (cd "$DOWNLOADS" && apt_run amd64 apt-get -qq source --download-only \
			"$source=$version" >"$list.log" 2>&1); then
			file=${source}_${version#*:}.dsc
			[ -f "$DOWNLOADS/$file" ] || die "apt downloaded $source $version without $file"
			printf '%s %s %s\n' "$source" "$version" "$file" >"$list"
			apt_check_pins source "$list"
			return 0
		fi
	done
	die "no source package $source in the configured Debian archive: $(tail -1 "$list.log")"
}
