"""A plain Pillow script: for each rendition open the photo, decode all of it, resize with LANCZOS, save JPEG 90 with optimize.

With the argument "draft" the decoder may shrink the photo while it reads, as Pillow's manual advises.
"""
import json
import sys

from PIL import Image


def render(photo, width, height, output):
    with Image.open(photo) as image:
        scale = min(width / image.width, height / image.height)
        size = (round(image.width * scale), round(image.height * scale))
        if "draft" in sys.argv:
            image.draft("RGB", size)
        image.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(output, "JPEG", quality=90, optimize=True)


for line in sys.stdin:
    job = json.loads(line)
    for rendition in job["renditions"]:
        render(job["photo"], rendition["width"], rendition["height"], rendition["output"])
    print("done", flush=True)
