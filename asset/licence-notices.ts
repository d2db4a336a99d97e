import { readFileSync } from 'node:fs';
import { PackageError } from './package-error.ts';
import type { ShippedPackage } from './shipped-package.ts';

/** Licences that a library in the package may have: none of them asks anything of the code around it. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

/** Allowed for a shared library of its own, which can be replaced, and not for what is bundled into the handler. */
const ALLOWED_AS_SHARED_LIBRARY = [...ALLOWED, 'LGPL-3.0-or-later'];

/** Licences that a package may have without bringing the text; asset/licences/ has it. */
const STANDARD_TEXTS = ['Apache-2.0', 'LGPL-3.0-or-later', 'MIT', 'MIT-0'];

const HEADING = `The function's package contains the software below, each under its own licence.

The code of @img/sharp-libvips-… is a shared library in its own file, lib/libvips-cpp.so…, which may be replaced by another build of it.
Its source, and how it is built, is under the address that is given for it, at the tag of its version.
`;

/**
 * The licence notices of what is in the function's package, each text once.
 * @throws {PackageError} when the licence of a package is not allowed or its text is nowhere to be had
 */
export function licenceNotices(bundled: readonly ShippedPackage[], native: readonly ShippedPackage[]): string {
  for (const shipped of bundled) assertAllowed(shipped, ALLOWED);
  for (const shipped of native) assertAllowed(shipped, ALLOWED_AS_SHARED_LIBRARY);
  const byText = new Map<string, { readonly text: string; readonly names: string[] }>();
  for (const shipped of [...bundled, ...native]) {
    for (const text of textsOf(shipped)) {
      // Two copies of a licence often differ in nothing but their white space.
      const key = text.replace(/\s+/g, ' ').trim();
      const same = byText.get(key) ?? { text: text.trim(), names: [] };
      same.names.push(`${shipped.name}@${shipped.version}`);
      byText.set(key, same);
    }
  }
  const list = [...bundled, ...native].map(({ name, version, licence, source }) => `${name}@${version}: ${licence}, ${source}`);
  const texts = [...byText.values()].map(({ text, names }) => `${'='.repeat(80)}\n${names.join('\n')}\n${'='.repeat(80)}\n\n${text}\n`);
  return [HEADING, `${list.join('\n')}\n`, ...texts].join('\n');
}

function assertAllowed({ name, version, licence }: ShippedPackage, allowed: readonly string[]): void {
  if (allowed.includes(licence)) return;
  throw new PackageError(
    `${name}@${version}, which would be in the package, has the licence ${JSON.stringify(licence)}; allowed there are ${allowed.join(', ')}. Use another library, or allow the licence in asset/licence-notices.ts once you know what it asks for.`,
  );
}

function textsOf({ name, version, licence, licenceTexts, notices }: ShippedPackage): readonly string[] {
  if (licenceTexts.length > 0) return [...licenceTexts, ...notices];
  if (STANDARD_TEXTS.includes(licence)) return [readFileSync(new URL(`licences/${licence}.txt`, import.meta.url), 'utf8'), ...notices];
  throw new PackageError(
    `${name}@${version}, which would be in the package, brings no text of its licence ${licence}. Add the text as asset/licences/${licence}.txt and name it in asset/licence-notices.ts.`,
  );
}
