import { PackageError } from './packaged-file.ts';

/** A CPU architecture that Lambda offers, by its names in Lambda, Node and ELF. */
export interface Architecture {
  readonly name: 'arm64' | 'x86_64';
  readonly nodeCpu: 'arm64' | 'x64';
  /** `e_machine` in the ELF header of native code. */
  readonly elfMachine: number;
}

export const ARCHITECTURES: readonly Architecture[] = [
  { name: 'arm64', nodeCpu: 'arm64', elfMachine: 183 },
  { name: 'x86_64', nodeCpu: 'x64', elfMachine: 62 },
];

/**
 * Returns the architecture that Lambda calls `name`.
 * @throws {PackageError} listing the valid names
 */
export function architectureNamed(name: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found !== undefined) return found;
  throw new PackageError(
    `The architecture must be ${ARCHITECTURES.map((a) => a.name).join(' or ')} (received ${JSON.stringify(name.slice(0, 40))}). Set it with --architecture or LAMBDA_ARCHITECTURE.`,
  );
}

/**
 * Checks that native code is for Linux on this architecture. Otherwise the mistake would only show when Lambda starts the function.
 * @throws {PackageError} naming the file
 */
export function assertNativeCode(content: Buffer, { name, elfMachine }: Architecture, path: string): void {
  const isElf = content.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));
  // e_machine is at byte 18 of the header; both architectures are little-endian.
  if (isElf && content.length >= 20 && content.readUInt16LE(18) === elfMachine) return;
  throw new PackageError(`${path} is not native code for Linux on ${name}. Delete node_modules and run \`npm ci\` again.`);
}
