# shellcheck shell=bash
# Sourced by examples/run.sh and tests/run.sh, which define say and fail.

# install_missing <package>...: installs the Debian packages that are not there yet, as root or with sudo; silent if all are.
install_missing() {
  local package status missing=()
  if ! command -v dpkg-query > /dev/null; then
    say "This is not Debian: the tools and libraries are taken as they are (needed: $*)"
    return
  fi
  for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) || true
    if [[ $status != installed ]]; then missing+=("$package"); fi
  done
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi

  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo > /dev/null || fail "missing: ${missing[*]}. Install them as root (apt-get install ${missing[*]}) and call this again"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q)
  local log
  log=$(mktemp)
  # The lists may be there and good, there and stale, or (in a fresh container) not there: update only when it does not work without.
  if ! "${apt[@]}" install -y --no-install-recommends "${missing[@]}" > "$log" 2>&1; then
    if ! { "${apt[@]}" update && "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
      cat "$log" >&2
      rm -f "$log"
      fail "apt-get could not install ${missing[*]}; its output is above"
    fi
  fi
  rm -f "$log"
}
