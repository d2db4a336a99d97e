import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LockedPackage } from './locked-tarball.ts';
import { type PackagedFile, PackageError } from './packaged-file.ts';

/** A library whose code is in the function's package. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression; empty if unknown. */
  readonly licence: string;
  /** URL of its source code; empty if unknown. */
  readonly source: string;
  /** Contents of its licence files. */
  readonly licenceTexts: readonly string[];
  /** Its statements about the licences of libraries inside it; often none. */
  readonly notices: readonly string[];
  /** Versions of the libraries compiled into it, by name. */
  readonly contains: Readonly<Record<string, string>>;
  /** SHA-512 of its tarball, as in the lock file: `sha512-` and base64. */
  readonly integrity: string;
}

/** A library in files of its own, and those of its files that the function needs. */
export interface ShippedPart {
  readonly shipped: ShippedPackage;
  readonly files: readonly PackagedFile[];
}

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string().default(''),
  repository: z
    .union([z.string(), z.looseObject({ url: z.string() }).transform(({ url }) => url)])
    .transform((url) => url.replace(/^git\+/, '').replace(/\.git$/, ''))
    .default(''),
});

const LICENCE_FILE = /^(licen[cs]e|copying|notice|third-party)/i;

/** Reads the description and licence texts of the package in a folder. */
export async function describePackage(folder: string, { integrity }: LockedPackage): Promise<ShippedPackage> {
  const { name, version, license, repository } = manifestSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  const files = (await readdir(folder)).filter((file) => LICENCE_FILE.test(file)).toSorted();
  return {
    name,
    version,
    licence: license,
    source: repository,
    licenceTexts: await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8'))),
    notices: licensingSections(await readFile(join(folder, 'README.md'), 'utf8').catch(() => '')),
    contains: z.record(z.string(), z.string()).parse(JSON.parse(await readFile(join(folder, 'versions.json'), 'utf8').catch(() => '{}'))),
    integrity,
  };
}

/** libvips lists the licences of the libraries linked into it only in this section of its README. */
function licensingSections(readme: string): string[] {
  return readme.split(/^(?=## )/m).filter((section) => section.startsWith('## Licensing'));
}

/** The zip that a bill of materials describes. */
interface Product {
  /** Without `.zip`. */
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the zip, in hexadecimal. */
  readonly sha256: string;
}

/**
 * Describes the contents of the function's package as a CycloneDX 1.6 document (https://cyclonedx.org/docs/1.6/json/). Omits the optional
 * serial number and timestamp, so that the same package always gets the same document.
 */
export function billOfMaterials({ name, version, sha256 }: Product, packages: readonly ShippedPackage[]) {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': name, name, version, hashes: [{ alg: 'SHA-256', content: sha256 }] },
    },
    components: packages.map(component),
  };
}

function component({ name, version, licence, source, integrity, contains }: ShippedPackage) {
  const [group, bareName] = name.startsWith('@') ? name.split('/') : [undefined, name];
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const inside = Object.entries(contains).map(([library, libraryVersion]) => ({
    type: 'library',
    'bom-ref': `${purl}#${library}`,
    name: library,
    version: libraryVersion,
  }));
  return {
    type: 'library',
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    name: bareName,
    version,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') }],
    licenses: [{ license: { id: licence } }],
    purl,
    ...(source === '' ? {} : { externalReferences: [{ type: 'vcs', url: source }] }),
    ...(inside.length === 0 ? {} : { components: inside }),
  };
}

/** Licences allowed for libraries in the package. None of them imposes conditions on the code that uses the library. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'MIT-0'];

/** Licences allowed for a library in a separate file, which users can replace, but not for code bundled into the handler. */
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
    `Cannot package ${name}@${version}: its licence is ${JSON.stringify(licence)}, and only ${allowed.join(', ')} are allowed. Use another library, or read the licence and allow it in asset/libraries.ts.`,
  );
}

function textsOf({ name, version, licence, licenceTexts, notices }: ShippedPackage): readonly string[] {
  if (licenceTexts.length > 0) return [...licenceTexts, ...notices];
  if (STANDARD_TEXTS.includes(licence)) return [readFileSync(new URL(`licences/${licence}.txt`, import.meta.url), 'utf8'), ...notices];
  throw new PackageError(
    `Cannot package ${name}@${version}: it does not include the text of its licence ${licence}. Add the text as asset/licences/${licence}.txt and list it in asset/libraries.ts.`,
  );
}
