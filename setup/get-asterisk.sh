#!/bin/sh
# get-asterisk.sh PREFIX [SUITE]: Asterisk with its own glibc and libraries from Debian SUITE,
# unpacked in PREFIX and never installed: the machine's packages and apt state stay as they are.
# Debian 12 itself has no Asterisk (docs/adr/0002-asterisk-in-a-prefix.md).
set -eu
P=${1:?usage: get-asterisk.sh PREFIX [SUITE]}; SUITE=${2:-forky}; A=$P/.apt
PKGS="asterisk asterisk-core-sounds-en-wav asterisk-moh-opsound-wav sip-tester"
URI=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | awk '$2=="bookworm"{print $1;exit}')
[ -n "$URI" ] || { echo "get-asterisk.sh: apt knows no Debian 12 mirror; run 'apt-get update' first" >&2; exit 1; }
MULTIARCH=$(gcc -print-multiarch 2>/dev/null || true)
[ -n "$MULTIARCH" ] || MULTIARCH=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_config_var("MULTIARCH"))')
mkdir -p "$A/lists/partial" "$A/cache/archives/partial" "$A/etc/preferences.d" "$A/etc/apt.conf.d"
: > "$A/status"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $URI $SUITE main" > "$A/etc/sources.list"
cat > "$A/apt.conf" <<X
Dir::Etc "$A/etc"; Dir::Etc::sourcelist "$A/etc/sources.list"; Dir::Etc::sourceparts "-";
Dir::State "$A"; Dir::State::lists "$A/lists"; Dir::State::status "$A/status"; Dir::Cache "$A/cache";
APT::Install-Recommends "false"; APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Retries "3";
Acquire::Check-Valid-Until "false"; Debug::NoLocking "true";
Binary::apt-get::APT::Keep-Downloaded-Packages "true"; DPkg::Post-Invoke "";
X
export APT_CONFIG="$A/apt.conf"
apt-get -qq update
# shellcheck disable=SC2086
apt-get -qq -y --download-only install $PKGS >/dev/null
for deb in "$A"/cache/archives/*.deb; do
  case ${deb##*/} in  # what only a package manager needs: no library that Asterisk loads
    adduser_*|asterisk-config_*|passwd_*|dpkg_*|debconf_*|perl_*|perl-base_*|perl-modules*|gnupg*|gpg*|dirmngr_*) continue;;
    pinentry*|tzdata_*|libc-gconv-modules-extra_*|libsnmp-base_*|pci.ids_*|openssl-provider-legacy_*|login*) continue;;
    base-files_*|sysvinit*|init-system*|python3*|libpython3*|media-types_*) continue;;
  esac
  dpkg-deb -x "$deb" "$P"
done
rm -rf "$P/usr/share/doc" "$P/usr/share/man" "$P/usr/share/locale"
L=$P/usr/lib/$MULTIARCH
LOADER=$(ls "$L"/ld-linux*.so.* | head -n 1)
for sounds in "$P"/usr/share/asterisk/sounds/en_US_*; do ln -sfn "${sounds##*/}" "$P/usr/share/asterisk/sounds/en"; done
mkdir -p "$P/bin"
for binary in usr/sbin/asterisk usr/bin/sipp; do
  printf '#!/bin/sh\nexec %s --inhibit-cache --library-path %s:%s/usr/lib %s/%s "$@"\n' \
    "$LOADER" "$L" "$P" "$P" "$binary" > "$P/bin/${binary##*/}"
  chmod 755 "$P/bin/${binary##*/}"
done
ln -sfn "$L/asterisk/modules" "$P/modules"
rm -rf "$A"
"$P/bin/asterisk" -V
