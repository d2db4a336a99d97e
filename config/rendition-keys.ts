import { EXTENSIONS, type KeyedRendition } from '../lambda-src/contract/rendition-key.ts';

/** Stands for a part of a key that differs between originals. */
const VARIABLE = '\0';

/** Whether the key of a rendition contains the size of its box. Its box is then no Terraform variable, or a plan could change every key. */
export function namesBox({ key }: Pick<KeyedRendition, 'key'>): boolean {
  return key !== undefined && /\{(width|height)\}/.test(key);
}

/**
 * Returns why a key template does not identify the original, or undefined if it does: then the original's key can be read back from every
 * rendition's key. Names without their extension do not identify it, because the trigger matches `a.jpg` and `a.JPG` alike.
 */
export function templateFault({ key: template = '{prefix}{key}', format }: KeyedRendition): string | undefined {
  const placeholders = [...template.matchAll(/\{([a-z]+)\}/g)].map(([, placeholder = '']) => placeholder);
  const uses = (placeholder: string): boolean => placeholders.includes(placeholder);
  const repeated = ['key', 'dir', 'name', 'hash', 'ext'].find((one) => placeholders.filter((other) => other === one).length > 1);
  if (repeated !== undefined) return `contains {${repeated}} more than once`;
  if (uses('key') && (uses('dir') || uses('name'))) return 'contains {key} and a part of it; use one or the other';
  if (uses('dir') && !template.includes('{dir}/')) return 'must continue {dir} with "/"';
  if (uses('ext') && !template.endsWith('.{ext}')) return 'can contain {ext} only at its end, after a dot';
  if (uses('key') || uses('hash')) return undefined;
  // The last slash ends the folder, the last dot begins the extension, and the rest is the name.
  if (format === 'same' && /\{dir\}\/[^/]*\{name\}[^/]*\.\{ext\}$/.test(template)) return undefined;
  return 'gives two originals, such as a.jpg and a.JPG, the same rendition; add {key} or {hash} (or {dir}/{name} and {ext} with the format "same")';
}

/**
 * Whether two renditions could have the same key, of one original or of two. Their keys differ for certain only if they begin or end
 * differently, whatever the original's parts are.
 */
export function mayCollide(one: KeyedRendition, other: KeyedRendition): boolean {
  const [a, b] = [outline(one), outline(other)];
  // An original's extension contains no dot, so two keys that end with one differ if what is before its dot does.
  const endAlike = a.endsWithOriginals === b.endsWithOriginals ? a.tail.endsWith(b.tail) || b.tail.endsWith(a.tail) : true;
  return endAlike && (a.head.startsWith(b.head) || b.head.startsWith(a.head));
}

/** Returns the constant beginning and end of the rendition's keys, and whether the extension of the original follows the end. */
function outline(rendition: KeyedRendition): { readonly head: string; readonly tail: string; readonly endsWithOriginals: boolean } {
  const { name, prefix, key = '{prefix}{key}', width, height, format } = rendition;
  const extension = EXTENSIONS[format];
  const constants: Readonly<Record<string, string | undefined>> = {
    prefix,
    rendition: name,
    width: `${width}`,
    height: `${height}`,
    ext: extension,
  };
  const endsWithOriginals = extension === undefined && key.endsWith('.{ext}');
  const parts = key
    .slice(0, endsWithOriginals ? -'.{ext}'.length : undefined)
    .replace(/\{([a-z]+)\}/g, (_, placeholder) => constants[placeholder] ?? VARIABLE)
    .split(VARIABLE);
  return { head: parts[0] ?? '', tail: parts.at(-1) ?? '', endsWithOriginals };
}
