#!/usr/bin/env bash
# The language server in real editors: run.sh [nvim] [nvim-0.11] [eglot] [ale] [vscode] [vscode-newer] [jupyterlab]
#
# Without arguments, all of them. What an editor needs is installed if it can be (install.sh); an editor that cannot be
# tested is named at the end, with the reason. With CI=true that is a failure.
#
#   MLWARDEN         the program to run (default: mlwarden on PATH); the other editors' packages are made with its Python
#   NVIM             a Neovim, 0.7 or later (default: nvim on PATH)
#   CHROMIUM         a Chromium or Chrome (default: the one on PATH)
#   EDITORS_CACHE    where installations are kept between runs (default: ~/.cache/mlwarden-editors)
#
# Screenshots are left in build/editors. The exit status is 0 when all that ran passed, 1 if not.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
extension=$root/vscode-ext
cache=${EDITORS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mlwarden-editors}
shots=$root/build/editors
mkdir -p "$cache" "$shots"
# shellcheck source=tests/editors/install.sh
. "$here/install.sh"

MLWARDEN=$(command -v "${MLWARDEN:-mlwarden}") || { echo "no mlwarden: set MLWARDEN" >&2; exit 2; }
case $MLWARDEN in /*) ;; *) MLWARDEN=$PWD/$MLWARDEN ;; esac
export MLWARDEN
PATH=$(dirname "$MLWARDEN"):$PATH # set-ups name it without a folder
PYTHON=$(dirname "$MLWARDEN")/python
[ -x "$PYTHON" ] || PYTHON=$(command -v python3)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work # what the editors leave behind goes with it

# A fresh copy of the files for each editor: they are written.
fresh() { rm -rf "$work/ws" && cp -r "$extension/test/workspace" "$work/ws" && cd "$work/ws"; }

# An editor that asks something nobody answers is ended. The browsers' scripts have limits of their own.
limited() { if command -v timeout >/dev/null; then timeout --kill-after=10 300 "$@"; else "$@"; fi; }

# The set-up that docs/editors.md gives: the first block of code in a language below a line that starts so.
documented() {
  awk -v start="$1" -v fence="\`\`\`$2" 'index($0, start) == 1 { found = 1 } found && $0 == fence { code = 1; next }
    code && /^```/ { exit } code' "$root/docs/editors.md" >"$work/setup.$2"
  [ -s "$work/setup.$2" ] || { echo "docs/editors.md has no $2 below '$1'"; return 1; }
  export SETUP=$work/setup.$2
}

neovim() { # VERSIONS PROGRAM
  fresh && documented "$1" lua && limited "$2" --headless --clean -c "luafile $here/nvim.lua" model.py </dev/null
}
check_nvim() {
  # A user's own may be newer.
  if "${NVIM:-nvim}" --headless --clean -c "if has('nvim-0.11') | qall! | else | cquit | endif"; then
    neovim "0.11 and later" "${NVIM:-nvim}"
  else
    neovim "0.7, the one" "${NVIM:-nvim}"
  fi
}
check_nvim_0_11() {
  neovim "0.11 and later" "$cache/neovim-$NEOVIM/bin/nvim" && neovim "0.8 to 0.10" "$cache/neovim-$NEOVIM/bin/nvim"
}
check_eglot() { fresh && documented "## Emacs" elisp && FILE=model.py limited emacs --batch -l "$here/eglot.el" </dev/null 2>&1 | tail -n 3; }
check_ale() {
  fresh && documented "## Vim" vim && : >"$work/ale" &&
    OUT=$work/ale limited script -qec "vim -N -u '$here/ale.vim' -i NONE -n model.py" /dev/null </dev/null >"$work/screen" ||
    { cat "$work/ale"; return 1; }
  cat "$work/ale"
}
vscode() { # NAME: the packed extension, its extension host and its window
  use_node "$NODE" && cd "$extension" && logged package with_node npm run --silent package &&
    mkdir -p "$shots/$1" && SHOTS=$shots/$1 with_node node test/run.mjs
}
check_vscode() { vscode vscode; }
check_vscode_newer() { vscode vscode-newer; }
check_jupyterlab() {
  use_node "$NODE" && cd "$extension" && mkdir -p "$shots/jupyterlab" && SHOTS=$shots/jupyterlab with_node node test/jupyterlab.mjs
}

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(nvim nvim-0.11 eglot ale vscode vscode-newer jupyterlab)
for editor in "${wanted[@]}"; do
  declare -F "check_${editor//[-.]/_}" >/dev/null || { echo "no such editor: $editor" >&2; exit 2; }
done
# One installation at a time, whatever runs beside this. The lock is given back before anything is started.
exec 9>"$cache/lock"
! command -v flock >/dev/null || flock 9
install_packages "${wanted[@]}" 9>&-
flock --unlock 9 2>/dev/null || true

passed=0 failed=() left_out=()
for editor in "${wanted[@]}"; do
  name=${editor//[-.]/_} reason=
  echo "== $editor"
  ! command -v flock >/dev/null || flock 9
  have_packages "$editor" && "prepare_$name" 9>&- && ready=1 || ready=
  flock --unlock 9 2>/dev/null || true
  began=$SECONDS
  if [ -z "$ready" ]; then
    left_out+=("$editor")
    echo "LEFT OUT: $editor $reason" >&2
  elif ("check_$name") 9>&-; then
    passed=$((passed + 1))
    echo "passed: $editor, $((SECONDS - began)) s"
  elif echo "FAILED ONCE: $editor; a window and a server run side by side, so it is tried once more" >&2 &&
    ("check_$name") 9>&-; then
    passed=$((passed + 1))
    echo "passed at the second attempt (look at the first): $editor, $((SECONDS - began)) s"
  else
    failed+=("$editor")
    echo "FAILED: $editor" >&2
  fi
done
echo
if [ ${#left_out[@]} -gt 0 ]; then echo "NOT TESTED: ${left_out[*]} (the reasons are above)" >&2; fi
if [ "${CI:-}" = true ]; then
  failed+=(${left_out[@]+"${left_out[@]}"})
  left_out=()
fi
if [ ${#failed[@]} -gt 0 ]; then echo "failed: ${failed[*]}" >&2; fi
echo "editors: $passed passed, ${#failed[@]} failed, ${#left_out[@]} skipped"
[ ${#failed[@]} -eq 0 ]
