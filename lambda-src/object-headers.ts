import type { OutputFormat, Rendition } from './contract/recipe.ts';
import { EXTENSIONS, keyParts } from './contract/rendition-key.ts';

/** What a rendition's object has besides its content type and user metadata. */
export interface ObjectHeaders {
  readonly cacheControl?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly storageClass?: Rendition['storageClass'];
  readonly tags?: Rendition['tags'];
}

/** Returns the headers that a rendition's options ask for. */
export function objectHeaders(rendition: Rendition, originalKey: string, format: OutputFormat): ObjectHeaders {
  const { cacheControl, contentDisposition, storageClass, tags } = rendition;
  return {
    cacheControl,
    contentDisposition: contentDisposition?.replace('{filename}', () => fileNameParameters(originalKey, format)),
    storageClass,
    tags,
  };
}

/**
 * Returns the parameters that name the file to save: the original's name, in US-ASCII for old programs and exactly for all others
 * (RFC 6266, RFC 8187).
 */
function fileNameParameters(originalKey: string, format: OutputFormat): string {
  const name = `${keyParts(originalKey).name || 'image'}.${format === 'gif' ? 'gif' : EXTENSIONS[format]}`;
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `filename="${ascii}"; filename*=UTF-8''${exact}`;
}
