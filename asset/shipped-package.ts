import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LockedPackage } from './locked-tarball.ts';

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
