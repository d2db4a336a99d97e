#!/bin/sh
# The lower bound: SCALE PHOTO PIXELS OUTPUT. Decodes at the same scale as sharp and encodes finished pixels, without resizing or
# checks.
djpeg -scale "$1" -outfile /dev/null "$2" && exec cjpeg -quality 90 -outfile "$4" "$3"
