#!/bin/bash
set -euo pipefail
readonly RATE=19

total() {
  local sum=0
  for price in "$@"; do sum=$((sum + price)); done
  echo "$sum"
}

function taxed {
  local net
  net=$(total "$@")
  echo $((net + net * RATE / 100))
}

taxed "$@"
