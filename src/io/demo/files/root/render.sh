#!/bin/sh
# Renders every overlay into rendered/, as Flux would.
set -eu
for overlay in apps/*/staging apps/*/prod; do
  mkdir -p "rendered/$overlay"
  kustomize build "$overlay" > "rendered/$overlay/all.yaml"
done
