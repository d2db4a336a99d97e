import { PackageError } from './package-error.ts';

/** A CPU that Lambda offers, in the words of Lambda, Node and ELF. */
export interface Architecture {
  readonly name: 'arm64' | 'x86_64';
  readonly nodeCpu: 'arm64' | 'x64';
  /** `e_machine` in the header of its native code. */
  readonly elfMachine: number;
}

export const ARCHITECTURES: readonly Architecture[] = [
  { name: 'arm64', nodeCpu: 'arm64', elfMachine: 183 },
  { name: 'x86_64', nodeCpu: 'x64', elfMachine: 62 },
];

/**
 * Finds an architecture by Lambda's name for it.
 * @throws {PackageError} naming those there are
 */
export function architectureNamed(name: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found !== undefined) return found;
  throw new PackageError(
    `The architecture is ${ARCHITECTURES.map((a) => a.name).join(' or ')} (received ${JSON.stringify(name.slice(0, 40))}); give it with --architecture or LAMBDA_ARCHITECTURE.`,
  );
}

/**
 * Makes sure that native code is for Linux on this CPU: the wrong one would only be noticed when Lambda starts it.
 * @throws {PackageError} naming the file
 */
export function assertNativeCode(content: Buffer, { name, elfMachine }: Architecture, path: string): void {
  const isElf = content.subarray(0, 4).equals(Buffer.from('\x7fELF', 'latin1'));
  // e_machine stands at byte 18 of the header, and both CPUs are little-endian.
  if (isElf && content.length >= 20 && content.readUInt16LE(18) === elfMachine) return;
  throw new PackageError(`${path} is not native code for Linux on ${name}. Delete node_modules and run \`npm ci\` again.`);
}
