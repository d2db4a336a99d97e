import sharp, { type Metadata } from 'sharp';
import type { Preview, PreviewPicture } from './run-result.ts';

/** Longest side of a preview, in pixels. */
const SIDE = 420;

/** Pixels of an original that can only be decoded whole, as progressive JPEGs and interlaced PNGs are; more would take up too much memory. */
const MAX_WHOLE_PIXELS = 16_000_000;

/** What is damaged is shown as far as it can be decoded. */
const LENIENT = { failOn: 'none' } as const;

// No picture is decoded twice, so a cache would only hold memory.
sharp.cache(false);

/** Makes the pictures that a report shows: one at a time, as decoding takes memory, and no more than the report can hold. */
export class Previewer {
  #left: number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(most: number) {
    this.#left = most;
  }

  /**
   * A preview, or `undefined` when there are enough or the original cannot be shown; never a reason for a run to fail.
   * @param original path of a file that the pipeline accepted, or refused as damaged
   */
  async preview(original: string, rendition: Buffer | undefined): Promise<Preview | undefined> {
    if (this.#left === 0) return undefined;
    this.#left--;
    const preview = this.#turn.then(() => previewOf(original, rendition)).catch(() => undefined);
    this.#turn = preview;
    return preview;
  }
}

async function previewOf(original: string, rendition: Buffer | undefined): Promise<Preview | undefined> {
  const facts = await sharp(original, LENIENT).metadata();
  if (facts.isProgressive && facts.width * facts.height > MAX_WHOLE_PIXELS) return undefined;
  const { width, height } = facts.autoOrient;
  return {
    before: await shrink(original),
    after: rendition && (await shrink(rendition)),
    width,
    height,
    format: facts.format,
    changes: rendition ? changesBetween(facts, await sharp(rendition).metadata()) : [],
  };
}

async function shrink(image: string | Buffer): Promise<PreviewPicture> {
  const { data, info } = await sharp(image, LENIENT)
    .autoOrient()
    .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 74 })
    .toBuffer({ resolveWithObject: true });
  return { uri: `data:image/webp;base64,${data.toString('base64')}`, width: info.width, height: info.height };
}

/** Read from both files, so that nothing is claimed which did not happen. */
function changesBetween(before: Metadata, after: Metadata): string[] {
  const turned = (before.orientation ?? 1) > 1 && (after.orientation ?? 1) === 1;
  return [
    ...(turned ? ['turned upright'] : []),
    ...(hasLocation(before.exif) && !hasLocation(after.exif) ? ['location removed'] : []),
    ...(before.exif && !after.exif ? ['camera data removed'] : []),
    ...(before.icc && !isSrgb(before.icc) && !after.icc ? ['colours converted to sRGB'] : []),
    ...(before.hasAlpha && !after.hasAlpha ? ['transparency filled'] : []),
  ];
}

/** The tag that points to the GPS block: GPSInfo, a LONG, once; in either byte order. */
const GPS_TAGS = [Buffer.from('2588040001000000', 'hex'), Buffer.from('8825000400000001', 'hex')];

function hasLocation(exif: Buffer | undefined): boolean {
  return GPS_TAGS.some((tag) => exif?.includes(tag));
}

/** By the profile's description, which is ASCII in version 2 and UTF-16 in version 4. */
function isSrgb(profile: Buffer): boolean {
  return profile.includes('sRGB') || profile.includes(Buffer.from('\0s\0R\0G\0B', 'latin1'));
}
