#!/bin/sh
# ImageMagick: HINT PHOTO BOX OUTPUT BOX OUTPUT; one decode, in which the JPEG decoder may shrink the photo as far as the hint, and the
# second rendition made from the first.
exec convert -define jpeg:size="$1" "$2" -auto-orient -strip -quality 90 -resize "$3" -write "$4" -resize "$5" "$6"
