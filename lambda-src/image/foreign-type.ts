/** First bytes of files that are often uploaded in the place of an image, in Latin-1. */
const SIGNATURES: readonly (readonly [name: string, start: string])[] = [
  ['a PDF document', '%PDF'],
  ['a PostScript program', '%!PS'],
  ['a ZIP archive or an Office document', 'PK\x03\x04'],
  ['a gzip archive', '\x1f\x8b'],
  ['a bitmap (BMP)', 'BM'],
  ['a Photoshop document', '8BPS'],
  ['a JPEG 2000 image', '\0\0\0\x0cjP  '],
  ['a JPEG XL image', '\0\0\0\x0cJXL '],
  ['a JPEG XL image', '\xff\x0a'],
  ['a program (ELF)', '\x7fELF'],
  ['a Windows program', 'MZ'],
  ['a libvips image', '\x08\xf2\xa6\xb6'],
  ['a libvips image', '\xb6\xa6\xf2\x08'],
  ['a RIFF file, such as sound or a film', 'RIFF'],
];

/** Texts, by what they contain near the beginning. */
const TEXTS: readonly (readonly [name: string, content: RegExp])[] = [
  ['an SVG drawing', /<svg/i],
  ['a web page', /<(!doctype )?html/i],
  ['an XML document', /^\s*<\?xml/],
  ['a script', /^#!/],
];

const INSPECTED_BYTES = 512;
const SHOWN_BYTES = 12;

/** What a file is that is no accepted image, as far as its beginning tells, with its first bytes in hexadecimal. */
export function describeForeignType(bytes: Buffer): string {
  return `${nameOf(bytes.subarray(0, INSPECTED_BYTES))} (it begins with ${bytes.toString('hex', 0, SHOWN_BYTES)})`;
}

function nameOf(start: Buffer): string {
  const latin = start.toString('latin1');
  const [signature] = SIGNATURES.find(([, prefix]) => latin.startsWith(prefix)) ?? [];
  if (signature !== undefined) return signature;
  const brand = /^....ftyp([\w ]{4})/s.exec(latin)?.[1];
  if (brand !== undefined) return `a film or another media file of the brand ${JSON.stringify(brand.trim())}`;
  const text = start.toString('utf8').replace(/^\ufeff/, '');
  if (!isText(text)) return 'a file of unknown type';
  return TEXTS.find(([, content]) => content.test(text))?.[0] ?? 'a text file';
}

/** Whether there is nothing in it but characters and white space; the last one may be cut off. */
function isText(text: string): boolean {
  return /^[^\p{Cc}\ufffd]*\ufffd?$/u.test(text.replaceAll(/[\t\n\r\f]/g, ''));
}
