# shellcheck shell=bash
# What the scripts share. Source it from the root of the tree.

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }
die() { printf '\033[31m%s\033[0m\n' "$*" >&2; exit 1; }

# need COMMAND PACKAGE [COMMAND PACKAGE]...: installs the packages whose
# command is missing with apt, or says how to.
need() {
  local packages=()
  while [ $# -gt 0 ]; do
    PATH=$PATH:/usr/sbin command -v "$1" >/dev/null || packages+=("$2")
    shift 2
  done
  install_packages ${packages[@]+"${packages[@]}"}
}

# need_packages PACKAGE...: for what has no command to look for.
need_packages() {
  local package packages=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || packages+=("$package")
  done
  install_packages ${packages[@]+"${packages[@]}"}
}

install_packages() {
  local packages=("$@") sudo=
  [ ${#packages[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  if command -v apt-get >/dev/null && { [ -z "$sudo" ] || $sudo true 2>/dev/null; }; then
    say "installing ${packages[*]}"
    $sudo apt-get update -qq >&2 &&
      $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2 </dev/null ||
      die "apt-get could not install ${packages[*]}"
  else
    die "missing: ${packages[*]}. Install them, on Debian with: sudo apt-get install ${packages[*]}"
  fi
}

# need_go: Go must be there already; from 1.21 on it fetches a newer version of itself
# when go.mod asks for one.
need_go() {
  local wanted has
  wanted=$(sed -n 's/^go //p' go.mod)
  command -v go >/dev/null || die "missing: Go $wanted or newer, from https://go.dev/dl/"
  has=$(go version | sed -n 's/.* go1\.\([0-9]*\).*/\1/p')
  [ "${has:-99}" -ge 21 ] || die "Go 1.$has is too old; $wanted or newer is needed, from https://go.dev/dl/"
}

# need_node: npm with Node 20.19 or newer, for the page's only library and its linters.
need_node() {
  command -v npm >/dev/null || need npm npm
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number); process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    die "Node $(node --version) is too old; 20.19 or newer is needed, from https://nodejs.org"
}

# build_viewer: hls.js as the lock file has it, unless that has been done.
build_viewer() { install_viewer viewer/node_modules/.lookback --omit=dev; }

# build_viewer_tools: the same, and what only tests take: tsc, eslint, axe.
build_viewer_tools() {
  install_viewer viewer/node_modules/.lookback-tools
  touch viewer/node_modules/.lookback
}

# install_viewer STAMP [OPTION OF npm ci]...
install_viewer() {
  local stamp=$1
  shift
  if [ ! -e "$stamp" ] || [ ! -d viewer/vendor ] || [ viewer/package-lock.json -nt "$stamp" ] || [ viewer/package.json -nt "$stamp" ]; then
    need_node
    (cd viewer && npm ci "$@" --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent vendor) >&2 </dev/null ||
      die "npm could not install what viewer/package-lock.json names"
    touch "$stamp"
  fi
}

# build_controller: bin/controller.
build_controller() {
  need_go
  CGO_ENABLED=0 go build -trimpath -ldflags="-X main.release=$(scripts/version)" -o bin/controller ./controller
}
