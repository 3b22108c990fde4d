#!/bin/sh
# Proves the two commands of the README on a machine that has nothing: a Debian tree with only python3, git and
# ca-certificates, first as root, then as an ordinary user, each in a fresh clone with an empty HOME.
#
#   sudo tools/bare.sh [root|user|both] [run|test|both]
#
# Needs root, debootstrap and network. Settings of this machine are handed through by environment variables:
#   KEHU_BARE_TREE    folder for the tree (default: a temporary one, removed at the end; a given one is kept and used again)
#   KEHU_BARE_MIRROR  Debian mirror;  KEHU_BARE_SUITE  (default bookworm)
#   KEHU_BARE_FILES   files of this machine to copy into the tree, such as a CA bundle or apt's sources (space-separated)
#   KEHU_BARE_PASS    further environment variables to hand through (names, space-separated)
set -eu

WHO=${1:-both}
WHAT=${2:-both}
REPOSITORY=$(cd "$(dirname "$0")/.." && pwd)
SUITE=${KEHU_BARE_SUITE:-bookworm}
MIRROR=${KEHU_BARE_MIRROR:-http://deb.debian.org/debian}
PASS="PIP_INDEX_URL PIP_CERT SSL_CERT_FILE NODE_EXTRA_CA_CERTS npm_config_registry
http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY CI ${KEHU_BARE_PASS:-}"

[ "$(id -u)" = 0 ] || { echo "tools/bare.sh needs root (debootstrap, chroot)" >&2; exit 2; }
command -v debootstrap >/dev/null || { echo "tools/bare.sh needs debootstrap" >&2; exit 2; }

TREE=${KEHU_BARE_TREE:-}
KEEP=yes
[ -n "$TREE" ] || { TREE=$(mktemp -d); KEEP=no; }
mkdir -p "$TREE"
chmod 755 "$TREE"

leave() {
  for place in dev/shm dev/pts dev proc; do umount "$TREE/$place" 2>/dev/null || :; done
  # Never delete through a mount that is still there: that would be the machine's own /dev.
  if [ "$KEEP" = no ] && ! grep -q " $TREE/" /proc/mounts; then rm -rf "$TREE"; fi
}
trap leave EXIT
trap 'exit 130' INT TERM

if [ ! -x "$TREE/usr/bin/git" ]; then
  debootstrap --variant=minbase --include=python3,git,ca-certificates "$SUITE" "$TREE" "$MIRROR"
fi
for place in proc dev dev/pts dev/shm; do
  mkdir -p "$TREE/$place"
  mountpoint -q "$TREE/$place" || mount --bind "/$place" "$TREE/$place"
done
for file in /etc/resolv.conf /etc/hosts ${KEHU_BARE_FILES:-}; do
  mkdir -p "$TREE$(dirname "$file")"
  cp -L "$file" "$TREE$file"
done
grep -q '^someone:' "$TREE/etc/passwd" || chroot "$TREE" useradd --uid 1234 --create-home someone

# inside USER HOME COMMAND: runs a shell command in the tree with an almost empty environment
inside() {
  inside_user=$1 inside_home=$2
  shift 2
  set -- env -i "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "HOME=$inside_home" TERM=dumb \
    $(for name in $PASS; do
      eval "value=\${$name:-}"
      [ -z "$value" ] || printf '%s=%s ' "$name" "$value"
    done) sh -euc "$*"
  chroot --userspec="$inside_user" "$TREE" "$@"
}

# try USER HOME: clones into HOME and runs what was asked for
try() {
  user=$1 home=$2
  rm -rf "$TREE$home/kehu" "$TREE$home/empty"
  git clone --quiet --no-hardlinks "$REPOSITORY" "$TREE$home/kehu"
  mkdir "$TREE$home/empty"
  chroot "$TREE" chown -R "$user:$user" "$home/kehu" "$home/empty"
  case $WHAT in run | both)
    for round in first second; do
      echo "== $user: python3 dev.py run, $round start"
      inside "$user" "$home/empty" "cd $home/kehu && python3 tools/bare_run.py"
    done ;;
  esac
  case $WHAT in test | both)
    echo "== $user: python3 dev.py test"
    inside "$user" "$home/empty" "cd $home/kehu && python3 dev.py test" ;;
  esac
}

case $WHO in root | both) try root /root ;; esac
case $WHO in user | both) try someone /home/someone ;; esac
echo "== both commands work on a bare machine ($WHO, $WHAT)"
