import type { z } from 'zod';
import { BOX_SIDE, type renditionSchema } from '../lambda-src/contract/recipe.ts';

type RenditionInput = z.input<typeof renditionSchema>;
type SetFormat = 'avif' | 'webp' | 'jpeg' | 'png';

/** Qualities that look alike to most people; a browser shows the pictures scaled. */
const QUALITIES: Readonly<Record<SetFormat, number>> = { avif: 60, webp: 80, jpeg: 85, png: 100 };

/** The pictures for one `<picture>` element: every width in every format. Other options of a rendition apply to all of them. */
export interface ResponsiveSet extends Omit<RenditionInput, 'prefix' | 'key' | 'width' | 'height' | 'format' | 'quality'> {
  /** Begins the names of the renditions, `photo-640-avif`, and their keys, `photo/holiday/beach.jpg/640.avif`. */
  readonly name: string;
  /** In pixels, 100–4096, such as `[320, 640, 1280]`. */
  readonly widths: readonly number[];
  /** Default `['avif', 'webp', 'jpeg']`; a browser takes the first that it can show. */
  readonly formats?: readonly SetFormat[];
  /** Quality by format, 1–100. Default: 60 for AVIF, 80 for WebP, 85 for JPEG. */
  readonly quality?: Partial<Record<SetFormat, number>>;
  /** Width divided by height of every picture, which is then cropped (`fit: 'cover'`). Default: that of the original, but at most twice as high as wide. */
  readonly aspectRatio?: number;
}

/**
 * Returns the renditions of a responsive set, to be listed in `recipe.renditions`. Their widths are fixed, so the Terraform variables
 * `image_max_width` and `image_max_height` do not apply to them.
 */
export function responsiveSet({
  name,
  widths,
  formats = ['avif', 'webp', 'jpeg'],
  quality,
  aspectRatio,
  ...options
}: ResponsiveSet): RenditionInput[] {
  return widths.flatMap((width) =>
    formats.map((format) => ({
      fit: aspectRatio === undefined ? ('inside' as const) : ('cover' as const),
      ...options,
      name: `${name}-${width}-${format}`,
      prefix: `${name}/`,
      key: '{prefix}{key}/{width}.{ext}',
      width,
      height: aspectRatio === undefined ? Math.min(BOX_SIDE.most, 2 * width) : Math.round(width / aspectRatio),
      format,
      quality: quality?.[format] ?? QUALITIES[format],
    })),
  );
}
