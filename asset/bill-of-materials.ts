import type { ShippedPackage } from './shipped-package.ts';

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
