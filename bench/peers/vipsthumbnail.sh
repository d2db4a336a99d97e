#!/bin/sh
# libvips without Node: BOX OUTPUT PHOTO…. One rendition per photo, all in one process.
box=$1 output=$2
shift 2
exec vipsthumbnail --size "$box" --output "$output[Q=90,strip]" "$@"
