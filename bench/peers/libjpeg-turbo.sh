#!/bin/sh
# The limit: SCALE PHOTO PIXELS OUTPUT; decode at the scale that sharp decodes at, and encode the finished pixels. Nothing is resized,
# nothing is checked.
djpeg -scale "$1" -outfile /dev/null "$2" && exec cjpeg -quality 90 -outfile "$4" "$3"
