# Installs what is missing. Sourced by deploy/run, tests/run and .ci/run; not run by itself.

# Runs a command as root: as it is, or by sudo.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

# What needs root cannot be done: nobody is root, there is no sudo, or it would ask where no one answers.
cannot_be_root() {
    [ "$(id -u)" != 0 ] && ! { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }
}

have_postgres() {
    local found
    for found in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$found" ] && return 0
    done
    return 1
}

# Names the packages of the things asked for that are not there: cc, postgres, redis-server, setpriv, ….
missing_packages() {
    local thing
    for thing in "$@"; do
        case "$thing" in
            postgres) have_postgres || echo postgresql ;;
            cc) command -v cc >/dev/null || echo "gcc libc6-dev" ;;
            setpriv) command -v setpriv >/dev/null || echo util-linux ;;
            python3) command -v python3 >/dev/null || echo python3 ;;
            python3-venv) python3 -c 'import ensurepip' 2>/dev/null || echo python3-venv ;;
            # Chinese fonts, in which forms are printed.
            fonts-noto-cjk) [ -e /usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc ] || echo fonts-noto-cjk ;;
            javac) command -v javac >/dev/null || echo default-jdk-headless ;;
            protoc) [ -e /usr/include/google/protobuf/descriptor.proto ] && command -v protoc >/dev/null ||
                echo "protobuf-compiler libprotobuf-dev" ;;
            # With the libraries that what it writes is compiled with.
            grpc_java_plugin) command -v grpc_java_plugin >/dev/null ||
                echo "protobuf-compiler-grpc-java-plugin libgrpc-java libprotobuf-java libguava-java" \
                    libgeronimo-annotation-1.3-spec-java ;;
            npm) command -v npm >/dev/null || echo npm ;;
            chromium) command -v chromedriver >/dev/null || echo "chromium chromium-driver fonts-noto-cjk" ;;
            *) command -v "$thing" >/dev/null || echo "$thing" ;;
        esac
    done
}

# The servers that come with packages are not ours to use: keep them from being set up and started.
install_without_starting() {
    local no_cluster=/etc/postgresql-common/createcluster.d/fengqiao-install.conf
    local no_start=/usr/sbin/policy-rc.d
    local made_no_cluster= made_no_start=
    if [ ! -e /etc/postgresql-common ]; then
        as_root mkdir -p "$(dirname "$no_cluster")"
        echo "create_main_cluster = false" | as_root tee "$no_cluster" >/dev/null
        made_no_cluster=yes
    fi
    if [ ! -e "$no_start" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$no_start" >/dev/null
        as_root chmod +x "$no_start"
        made_no_start=yes
    fi
    local status=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q \
        --no-install-recommends "$@" || status=$?
    # Not at the next start of the machine either; those that were here before are not touched.
    local package
    for package in "$@"; do
        case "$package" in
            postgresql | redis-server) as_root systemctl --quiet disable "$package" >/dev/null 2>&1 || true ;;
        esac
    done
    [ -z "$made_no_start" ] || as_root rm -f "$no_start"
    [ -z "$made_no_cluster" ] || as_root rm -f "$no_cluster"
    return "$status"
}

# install_missing THING…: installs the packages of what is not there, or says what to install.
install_missing() {
    local packages
    # One package a line or several: let them become words.
    packages=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "${packages// /}" ] || return 0
    if ! command -v apt-get >/dev/null || cannot_be_root; then
        echo "Please install as root: $packages" >&2
        echo "  (on Debian or Ubuntu: apt-get install --no-install-recommends $packages)" >&2
        return 1
    fi
    echo "installing $packages"
    as_root apt-get -o DPkg::Lock::Timeout=300 update -q
    # shellcheck disable=SC2086 # several words on purpose
    install_without_starting $packages
}

# python_environment FOLDER REQUIREMENTS: an environment of its own, made anew when what it must hold has changed. Says
# where it is.
python_environment() {
    if ! cmp -s "$2" "$1/requirements.txt"; then
        rm -rf "$1"
        python3 -m venv "$1"
        "$1/bin/pip" install --quiet --requirement "$2"
        cp "$2" "$1/requirements.txt"
    fi
    echo "$1"
}

# The newest cargo of this account; says what to do where there is none.
need_cargo() {
    command -v cargo >/dev/null || PATH="$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"
    export PATH
    if ! cargo --version >/dev/null 2>&1; then
        echo "Rust is needed, 1.94 or newer, with cargo in PATH: https://rustup.rs" >&2
        return 1
    fi
}

# The folder into which cargo builds.
target_folder() {
    cargo metadata --format-version 1 --no-deps --offline 2>/dev/null |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
