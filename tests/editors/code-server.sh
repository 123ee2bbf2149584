#!/usr/bin/env bash
# code-server.sh LOCKED DIR   installs the code-server that LOCKED/package-lock.json names into DIR.
#
# On PATH: node of the major version in code-server's engines field, npm, a C++ compiler, make, python3, ripgrep's rg.
# npm_config_nodedir: a folder with node's headers in include/node; without it, node-gyp fetches them.
# The package's own postinstall is no use where nothing but the registry is reached: it refuses root without
# npm_config_unsafe_perm, and then @vscode/ripgrep fetches a binary from elsewhere. What it does is done here step by step.
set -euo pipefail
locked=$1 dir=$2
mkdir -p "$dir"
cp "$locked/package.json" "$locked/package-lock.json" "$dir"
cd "$dir"
# Native modules are built here: asking for built ones takes other hosts.
export npm_config_build_from_source=true
export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false
npm ci --ignore-scripts
cs=$PWD/node_modules/code-server
want=$(node -p "require('$cs/package.json').engines.node") have=$(node -p 'process.versions.node.split(".")[0]')
[ "$want" = "$have" ] || { echo "this code-server wants node $want, and node is $have" >&2; exit 1; }
npm rebuild --foreground-scripts argon2 # loaded at the start, even without a password
cd "$cs/lib/vscode"
npm install --omit=dev --ignore-scripts # by its npm-shrinkwrap.json; npm ci finds that at odds with its package.json
for rg in node_modules/@vscode/ripgrep*; do # search and Ctrl+P run this program
  mkdir -p "$rg/bin"
  ln -sf "$(command -v rg)" "$rg/bin/rg"
done
# The native modules, under the name of this version, since npm rebuild says nothing about a name it does not find.
# @parcel/watcher comes built. node-pty's postinstall fails for want of another program after its module is built,
# so its exit status says nothing. kerberos, for proxies, is loaded only when one asks for it: left out.
for module in @vscode/spdlog native-watchdog @vscode/native-watchdog; do
  [ ! -d "node_modules/$module" ] || npm rebuild --foreground-scripts "$module"
done
npm rebuild --foreground-scripts node-pty || true
[ -n "$(find node_modules/node-pty -name pty.node -print -quit)" ]
# What the postinstall does at its end.
ln -sfn node_modules node_modules.asar
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh
cd extensions
npm install --omit=dev --ignore-scripts
node "$cs/out/node/entry.js" --version
