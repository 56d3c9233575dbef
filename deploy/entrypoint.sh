#!/bin/sh
# What a container of the image does, by its first word.
set -eu

case "${1:-}" in
    api | worker)
        exec backhaul "$1"
        ;;
    migrate)
        exec backhaul db migrate
        ;;
    cli)
        shift
        exec backhaul "$@"
        ;;
    sandbox)
        shift
        exec python -m sandbox "$@"
        ;;
    *)
        echo "usage: api | worker | migrate | cli ARGUMENT… | sandbox ARGUMENT…" >&2
        exit 64
        ;;
esac
