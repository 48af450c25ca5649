# Finds or makes the place weft is built in: this machine (Debian 13) or a cached Debian 13 root.
# Sourced by ./dev; needs $top and $cache.

say() { printf '\033[2mdev:\033[0m %s\n' "$*" >&2; }
fail() {
  printf 'error: %s\n' "$1" >&2
  [ $# -gt 1 ] && printf '\nhint: %s\n' "$2" >&2
  exit 1
}

packages() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$top/tools/packages.txt"; }
packages_key() { packages | sha256sum | cut -c1-16; }

# Runs the rest of the line in the environment; never returns.
enter_environment() {
  if [ -n "${WEFT_INSIDE:-}" ]; then exec "$@"; fi
  if debian_is_reference; then
    install_missing
    WEFT_INSIDE=machine exec "$@"
  fi
  local root="$cache/root-$(packages_key)"
  [ -d "$root" ] || make_root "$root"
  enter_root "$root" "$@"
}

debian_is_reference() {
  [ "${WEFT_DEV_ROOT:-}" != always ] || return 1
  [ -r /etc/os-release ] || return 1
  # shellcheck disable=SC1091
  (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_ID:-0}" -ge 13 ] 2>/dev/null) || return 1
  local version
  version=$(. /etc/os-release && printf %s "$VERSION_ID")
  # shellcheck disable=SC2046
  [ "$version" = 13 ] || [ "$(LC_ALL=C apt-cache policy $(packages) 2>/dev/null | grep -c '^  Candidate: [^(]')" = \
    "$(packages | wc -l)" ]
}

missing_packages() {
  local installed
  # shellcheck disable=SC2046
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $(packages) 2>/dev/null | sed -n 's/ installed$//p' || true)
  packages | grep -vxF -f <(printf '%s\n' "$installed" | sed '/^$/d') || true
}

install_missing() {
  local missing sudo=
  missing=$(missing_packages | paste -sd' ')
  [ -n "$missing" ] || return 0
  say "installing $(wc -w <<<"$missing") packages that tools/packages.txt lists: $missing"
  if [ "$(id -u)" != 0 ]; then
    sudo=sudo
    command -v sudo >/dev/null || fail "packages are missing and this is not root: $missing" \
      "as root: apt-get install --no-install-recommends $missing"
    sudo -v  # asks for the password here, where nothing writes over the question
  fi
  mkdir -p "$cache"
  apt_step "the package lists could not be fetched" $sudo apt-get update
  # shellcheck disable=SC2086
  apt_step "packages could not be installed" $sudo env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $missing
}

# Runs a step of apt's with its progress, and says what stopped it.
apt_step() {
  local failure=$1 log="$cache/apt.log" started=$SECONDS
  shift
  in_group "$log" "$@"
  watch_progress "$group" "$log" "$started"
  if wait "$group"; then
    trap - EXIT INT TERM
    return 0
  fi
  fail "$failure: $(grep -aE '^(E|W): ' "$log" | head -n 1)" "the whole log: $log"
}

# Starts the rest of the line with LOG as its output, as the process group $group, which ends with this program.
in_group() {
  local log=$1
  shift
  set -m
  "$@" >"$log" 2>&1 9>&- </dev/null &
  group=$!
  set +m
  trap 'end_group "$group"' EXIT
  trap 'exit 130' INT TERM
}

# mmdebstrap and bubblewrap are all the host needs.
need_host_tools() {
  local missing=()
  command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
  command -v bwrap >/dev/null || missing+=(bubblewrap)
  [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || missing+=(debian-archive-keyring)
  [ "$(id -u)" = 0 ] || command -v newuidmap >/dev/null || missing+=(uidmap)
  if [ ${#missing[@]} != 0 ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      fail "this machine lacks: ${missing[*]}" "as root: apt-get install ${missing[*]}"
    fi
    say "installing ${missing[*]} on this machine (to make and enter the Debian 13 root)"
    # A list of some other repository that cannot be fetched must not stand in the way.
    { apt-get update -qq || true
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    } >/dev/null 2>&1 ||
      fail "could not install ${missing[*]}" "apt-get install ${missing[*]}"
  fi
  [ "$(id -u)" = 0 ] && return 0
  # A normal user is root in a user namespace of its own, with a range of ids for the root's files.
  unshare --user --map-root-user true 2>/dev/null || fail "this machine lets no normal user make user namespaces" \
    "as root: sysctl -w kernel.unprivileged_userns_clone=1 (or run ./dev as root)"
  grep -qsE "^($(id -un)|$(id -u)):" /etc/subuid && grep -qsE "^($(id -un)|$(id -u)):" /etc/subgid ||
    fail "$(id -un) has no range of subordinate ids (/etc/subuid, /etc/subgid)" \
      "as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
}

# Makes the root under another name and renames it when whole: an interrupted run leaves none.
make_root() {
  local root=$1 started=$SECONDS
  need_host_tools
  mkdir -p "$cache"
  exec 9>"$cache/root.lock"
  flock -n 9 || { say "another ./dev is making the Debian 13 root; waiting for it"; flock 9; }
  if [ -d "$root" ]; then exec 9>&-; return 0; fi
  rm -rf --one-file-system "$cache"/root-*.partial
  local partial="$root.$$.partial" log="$cache/root.log"
  say "making a Debian 13 root with $(packages | wc -l) packages (once, some minutes)"
  say "  in $root, log in $log"
  in_group "$log" bootstrap "$partial"
  # However this ends before the rename, nothing half made stays, and nobody goes on making it.
  trap 'end_group "$group"; rm -rf --one-file-system "'"$partial"'"' EXIT
  watch_progress "$group" "$log" "$started"
  wait "$group" || { tail -n 15 "$log" >&2
    fail "the Debian 13 root could not be made" "the log above tells which step; is a Debian mirror reachable?"; }
  mv "$partial" "$root"
  trap - EXIT INT TERM
  exec 9>&-
  say "Debian 13 root ready after $((SECONDS - started)) s"
}

# Ends a process group: asked first, made to after ten seconds.
end_group() {
  local left=100
  kill -TERM -- "-$1" 2>/dev/null || true
  while kill -0 -- "-$1" 2>/dev/null && [ $left -gt 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
  kill -KILL -- "-$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

bootstrap() {
  local partial=$1 include
  include=$(packages | paste -sd,)
  local options=(--variant=apt "--include=$include" '--aptopt=Acquire::Languages "none"'
    '--aptopt=Acquire::Retries "5"' '--dpkgopt=path-exclude=/usr/share/doc/*')
  if [ "$(id -u)" = 0 ]; then
    mmdebstrap "${options[@]}" trixie "$partial" && touch "$partial/etc/pip.conf"
  else  # a tar, unpacked as this user, so that the root can be removed by its owner again
    mkdir -p "$partial"
    mmdebstrap --mode=unshare "${options[@]}" trixie - |
      tar -x --no-same-owner --exclude='./dev/*' -C "$partial" && touch "$partial/etc/pip.conf"
  fi
}

watch_progress() {
  local pid=$1 log=$2 started=$3 last=
  while kill -0 "$pid" 2>/dev/null; do
    local line
    line=$(grep -aE '^(I: |Get:|Unpacking |Setting up )' "$log" 2>/dev/null | tail -n 1 | sed 's/^I: //' || true)
    if [ -t 2 ]; then printf '\r\033[K%4d s  %s' $((SECONDS - started)) "$line" >&2
    elif [ "$line" != "$last" ]; then say "$((SECONDS - started)) s  $line"; fi
    last=$line
    sleep 1
  done
  [ -t 2 ] && printf '\r\033[K' >&2
  return 0
}

enter_root() {
  local root=$1; shift
  command -v bwrap >/dev/null || need_host_tools
  mkdir -p "$cache/home" "$cache/ccache"
  # A folder that is not there inside is left for the checkout.
  local where=$PWD
  case "$where/" in "$top"/* | "$cache"/* | /tmp/*) ;; *) where=$top ;; esac
  # Only the root's folders are bound, on an empty file system: mount points can be made anywhere.
  local arguments=(--ro-bind "$root/usr" /usr --ro-bind "$root/etc" /etc --ro-bind "$root/var" /var
    --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64
    --proc /proc --dev /dev --bind /tmp /tmp --tmpfs /run --tmpfs /var/tmp --bind "$cache/home" "$cache/home" --setenv HOME "$cache/home"
    --bind "$cache" "$cache" --bind "$top" "$top" --setenv WEFT_INSIDE root
    --setenv WEFT_CACHE "$cache" --unshare-pid --die-with-parent --chdir "$where")
  local path
  for path in /etc/resolv.conf /etc/hosts /etc/ssl/certs /etc/pip.conf; do
    [ -e "$path" ] && [ -e "$root$path" ] && arguments+=(--ro-bind "$(readlink -f "$path")" "$path")
  done
  [ -e "$HOME/.npmrc" ] && arguments+=(--ro-bind "$HOME/.npmrc" "$cache/home/.npmrc")
  for path in "$HOME/.config/pip" "$HOME/.pip"; do
    [ -d "$path" ] && arguments+=(--ro-bind "$path" "$cache/home/${path#"$HOME"/}")
  done
  [ -d "${PIP_FIND_LINKS:-}" ] && arguments+=(--ro-bind "$PIP_FIND_LINKS" "$PIP_FIND_LINKS")
  [ -d "$top/../shared" ] && arguments+=(--ro-bind "$(cd "$top/../shared" && pwd)" "$(cd "$top/.." && pwd)/shared")
  bwrap "${arguments[@]}" true 2>/dev/null || explain_bwrap_failure "${arguments[@]}"
  exec bwrap "${arguments[@]}" "$@"
}

explain_bwrap_failure() {
  local why
  why=$(bwrap "$@" true 2>&1 || true)
  local hint="the root can be made anew: rm -r $cache/root-$(packages_key)"
  case $why in
    *namespace* | *permi*) hint="user namespaces must be allowed: sysctl kernel.unprivileged_userns_clone=1 (or run as root)" ;;
  esac
  fail "bubblewrap cannot enter the Debian 13 root: $why" "$hint"
}
