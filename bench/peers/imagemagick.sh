#!/bin/sh
# ImageMagick: HINT PHOTO BOX OUTPUT BOX OUTPUT. One decode, where the JPEG decoder can shrink the photo down to the hint; the second
# rendition is made from the first.
exec convert -define jpeg:size="$1" "$2" -auto-orient -strip -quality 90 -resize "$3" -write "$4" -resize "$5" "$6"
