import { readFileSync } from 'node:fs';
import { PackageError } from './packaged-file.ts';
import type { ShippedPackage } from './shipped-package.ts';

/** Licences allowed for libraries in the package. None of them imposes conditions on the code that uses the library. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

/** Licences allowed for a library in a file of its own, which users can replace, but not for code bundled into the handler. */
const ALLOWED_AS_SHARED_LIBRARY = [...ALLOWED, 'LGPL-3.0', 'LGPL-3.0-or-later'];

/** Licences whose text is in asset/licences/, for packages that do not include it. */
const STANDARD_TEXTS = ['Apache-2.0', 'LGPL-3.0-or-later', 'MIT', 'MIT-0'];

const HEADING = `The function's package contains the software below, each under its own licence.

@img/sharp-libvips-… contains a shared library in its own file, lib/libvips-cpp.so…, which you may replace with another build.
Its source code and build instructions are at the address listed below, at the tag of its version.
`;

/** Added to the heading if the package has the decoder for HEIC. */
const HEIC_HEADING = `
libheif-js contains the library libheif, which contains libde265, in its own file, heic/libheif.wasm, which you may replace with another build.
Its source code and build instructions are at https://github.com/strukturag/libheif and https://github.com/strukturag/libde265.
`;

/**
 * Returns the licence notices for the function's package, with each distinct text once.
 * @throws {PackageError} if a package's licence is not allowed or its text is missing
 */
export function licenceNotices(bundled: readonly ShippedPackage[], native: readonly ShippedPackage[]): string {
  for (const shipped of bundled) assertAllowed(shipped, ALLOWED);
  for (const shipped of native) assertAllowed(shipped, ALLOWED_AS_SHARED_LIBRARY);
  const byText = new Map<string, { readonly text: string; readonly names: string[] }>();
  for (const shipped of [...bundled, ...native]) {
    for (const text of textsOf(shipped)) {
      // Copies of a licence often differ only in white space.
      const key = text.replace(/\s+/g, ' ').trim();
      const same = byText.get(key) ?? { text: text.trim(), names: [] };
      same.names.push(`${shipped.name}@${shipped.version}`);
      byText.set(key, same);
    }
  }
  const list = [...bundled, ...native].map(({ name, version, licence, source }) => `${name}@${version}: ${licence}, ${source}`);
  const texts = [...byText.values()].map(({ text, names }) => `${'='.repeat(80)}\n${names.join('\n')}\n${'='.repeat(80)}\n\n${text}\n`);
  const heading = native.some(({ name }) => name === 'libheif-js') ? HEADING + HEIC_HEADING : HEADING;
  return [heading, `${list.join('\n')}\n`, ...texts].join('\n');
}

function assertAllowed({ name, version, licence }: ShippedPackage, allowed: readonly string[]): void {
  if (allowed.includes(licence)) return;
  throw new PackageError(
    `Cannot package ${name}@${version}: its licence is ${JSON.stringify(licence)}, and only ${allowed.join(', ')} are allowed. Use another library, or read the licence and allow it in asset/licence-notices.ts.`,
  );
}

function textsOf({ name, version, licence, licenceTexts, notices }: ShippedPackage): readonly string[] {
  if (licenceTexts.length > 0) return [...licenceTexts, ...notices];
  if (STANDARD_TEXTS.includes(licence)) return [readFileSync(new URL(`licences/${licence}.txt`, import.meta.url), 'utf8'), ...notices];
  throw new PackageError(
    `Cannot package ${name}@${version}: it does not include the text of its licence ${licence}. Add the text as asset/licences/${licence}.txt and list it in asset/licence-notices.ts.`,
  );
}
