#!/bin/sh
# Prints the folder of the PostgreSQL server programs (initdb, pg_ctl, postgres) for POSTGRES_BIN, and gets them where there are none:
# apt-get as root or by passwordless sudo, apt-get download into ./.tools/postgresql for everyone else, brew on macOS.
# POSTGRES_SEARCH=none looks at nothing that is installed; POSTGRES_SUDO=none does without root and sudo. Both are for trying this script.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
tools="$root/.tools/postgresql"

say() { printf '%s\n' "$*" >&2; }

holds_server() { [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] && [ -x "$1/postgres" ]; }

# The folder that a link to initdb leads to: the other programs lie there.
real_folder() {
    file="$1/initdb"
    while [ -L "$file" ]; do
        target=$(readlink "$file")
        case $target in
            /*) file=$target ;;
            *) file=$(dirname "$file")/$target ;;
        esac
    done
    (cd "$(dirname "$file")" && pwd -P)
}

newest() {
    # Folders end in .../VERSION/bin or ...postgresql@VERSION/bin: the highest number wins.
    for folder in "$@"; do
        if holds_server "$folder"; then
            version=$(dirname "$folder" | sed 's/.*[^0-9.]//')
            printf '%s %s\n' "${version:-0}" "$folder"
        fi
    done | sort -n | tail -n 1 | cut -d ' ' -f 2-
}

find_installed() {
    if [ "${POSTGRES_SEARCH:-}" = none ]; then
        return 0
    fi
    if initdb=$(command -v initdb); then
        folder=$(real_folder "$(dirname "$initdb")")
        if holds_server "$folder"; then
            printf '%s\n' "$folder"
            return 0
        fi
    fi
    newest /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
        /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/*/bin
}

find_tools() {
    if holds_server "$tools/bin" && "$tools/bin/postgres" --version >/dev/null 2>&1; then
        printf '%s\n' "$tools/bin"
    fi
}

# The package's own cluster would start a server of the system, which nobody asked for.
# $1 is empty or sudo, with its options.
apt_install() {
    say "Installing PostgreSQL with apt-get ..."
    $1 sh -c 'set -e
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq || true
        apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
        conf=/etc/postgresql-common/createcluster.conf
        mkdir -p "$(dirname "$conf")"
        if grep -q "^#*[[:space:]]*create_main_cluster" "$conf" 2>/dev/null; then
            sed -i "s/^#*[[:space:]]*create_main_cluster.*/create_main_cluster = false/" "$conf"
        else
            echo "create_main_cluster = false" >>"$conf"
        fi
        apt-get install -y -qq --no-install-recommends postgresql >/dev/null' >&2
    newest /usr/lib/postgresql/*/bin
}

# Containers come without package lists, and only root may fetch them to the usual place.
use_apt_lists() {
    lists=
    if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
        lists="$tools.new/apt"
        mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
        apt apt-get update -qq >/dev/null 2>&1 || true
    fi
}

apt() {
    program=$1
    shift
    if [ -n "$lists" ]; then
        "$program" -o Dir::State::Lists="$lists/lists" -o Dir::Cache="$lists/cache" "$@"
    else
        "$program" "$@"
    fi
}

server_package() {
    apt apt-cache search --names-only '^postgresql-[0-9]+$' | cut -d ' ' -f 1 | sort -t - -k 2 -n | tail -n 1
}

missing_libraries() {
    find "$1" -type f \( -path '*/bin/initdb' -o -path '*/bin/pg_ctl' -o -path '*/bin/postgres' -o -name 'lib*.so.*' \) \
        -exec env LD_LIBRARY_PATH="$2" ldd {} \; 2>/dev/null | sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u
}

library_path() {
    find "$1" -name 'lib*.so.*' -exec dirname {} \; | sort -u | paste -s -d : -
}

depends() {
    apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$1" |
        grep '^lib' | grep -v -E '^libc6|^libllvm' | sort -u
}

unpack() {
    work=$1
    shift
    (cd "$work" && apt apt-get download -qq "$@" >&2)
    for deb in "$work"/*.deb; do
        dpkg -x "$deb" "$work/files"
        rm "$deb"
    done
}

# Debian looks for the libraries of a package only in the system's folders: these programs tell it of theirs.
wrap() {
    mkdir -p "$tools.new/bin"
    bin=$(cd "$tools.new/files" && find usr/lib/postgresql -path '*/bin/initdb' -exec dirname {} \;)
    paths=$(cd "$tools.new/files" && find . -name 'lib*.so.*' -exec dirname {} \; | sort -u | sed 's|^\.|$here/files|' | paste -s -d : -)
    for program in initdb pg_ctl postgres; do
        cat >"$tools.new/bin/$program" <<WRAPPER
#!/bin/sh
here=\$(cd "\$(dirname "\$0")/.." && pwd)
LD_LIBRARY_PATH="$paths\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "\$here/files/$bin/$program" "\$@"
WRAPPER
        chmod +x "$tools.new/bin/$program"
    done
}

apt_download() {
    say "Fetching PostgreSQL into .tools/postgresql ..."
    rm -rf "$tools.new"
    mkdir -p "$tools.new/files"
    use_apt_lists
    package=$(server_package)
    if [ -z "$package" ]; then
        return 0
    fi
    unpack "$tools.new" "$package"
    if [ -n "$(missing_libraries "$tools.new/files" "")" ]; then
        fetch_libraries "$package"
    fi
    wrap
    if ! "$tools.new/bin/postgres" --version >/dev/null; then
        say "$package does not run from .tools/postgresql: $(missing_libraries "$tools.new/files" "$(library_path "$tools.new/files")" | paste -s -d ' ' -)"
        return 0
    fi
    rm -rf "$tools" "$tools.new/apt"
    mv "$tools.new" "$tools"
    find_tools
}

# ldd tells file names and apt tells package names: of the server's dependencies, those that begin most like a missing file are
# fetched, and again for what those need in turn.
fetch_libraries() {
    candidates=$(depends "$1")
    for round in 1 2 3 4; do
        wanted=$(missing_libraries "$tools.new/files" "$(library_path "$tools.new/files")" | while read -r library; do package_of "$library"; done | sort -u)
        if [ -z "$wanted" ]; then
            return 0
        fi
        # shellcheck disable=SC2086
        unpack "$tools.new" $wanted
    done
}

package_of() {
    stem=$(printf '%s' "$1" | sed 's/[-.0-9]*\.so\..*//; s/_/-/g' | tr '[:upper:]' '[:lower:]')
    while [ "${#stem}" -gt 4 ]; do
        if printf '%s\n' "$candidates" | grep "^$stem"; then
            return 0
        fi
        stem=${stem%?}
    done
}

brew_install() {
    say "Installing PostgreSQL with brew ..."
    brew install postgresql@17 >&2
    newest "$(brew --prefix)"/opt/postgresql@*/bin
}

get() {
    if command -v apt-get >/dev/null && [ "${POSTGRES_SUDO:-}" != none ] && [ "$(id -u)" -eq 0 ]; then
        apt_install ''
    elif command -v apt-get >/dev/null && [ "${POSTGRES_SUDO:-}" != none ] && sudo -n true 2>/dev/null; then
        apt_install 'sudo -n'
    elif command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
        apt_download
    elif command -v brew >/dev/null; then
        brew_install
    fi
}

if [ -n "${POSTGRES_BIN:-}" ]; then
    found=$POSTGRES_BIN
    holds_server "$found" || { say "POSTGRES_BIN is $found, which does not hold initdb, pg_ctl and postgres."; exit 1; }
else
    found=$(find_installed)
    [ -n "$found" ] || found=$(find_tools)
    [ -n "$found" ] || found=$(get) || found=
fi

if [ -z "$found" ]; then
    say 'No PostgreSQL server programs (initdb, pg_ctl, postgres), and no way to get them here. Three ways out:'
    say '  1. install PostgreSQL with the packages of this system, or set POSTGRES_BIN to the folder of its programs'
    say '  2. use a server that you have: DATABASE_URL=postgres://user:password@host:5432/database'
    say '  3. run everything in containers: docker compose up'
    exit 1
fi

printf '%s\n' "$found"
