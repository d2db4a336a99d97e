import { describe, expect, test } from '@jest/globals';
import { type Ended, runProgram } from '../started-program.ts';

/** Runs the command the way npm does. */
function packageWith(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  return runProgram(['asset/package.ts', ...args], { ...process.env, LAMBDA_ARCHITECTURE: '', ...environment });
}

describe('npm run package', () => {
  test.each([
    ['an option', ['--architecture', 'mips'], {}],
    ['the environment', [], { LAMBDA_ARCHITECTURE: 'mips' }],
  ])('rejects, in one line, an architecture from %s that Lambda does not offer', async (_, args, environment) => {
    const { code, stderr } = await packageWith(args, environment);

    expect(code).toBe(1);
    expect(stderr).toBe('The architecture must be arm64 or x86_64 (received "mips"). Set it with --architecture or LAMBDA_ARCHITECTURE.\n');
  });

  test('explains its options', async () => {
    const { code, stdout } = await packageWith(['--help']);

    expect(code).toBe(0);
    expect(stdout).toContain('--architecture <architecture>');
    expect(stdout.replace(/\s+/g, ' ')).toContain('(default: "arm64")');
    expect(stdout).toContain('--if-stale');
  });
});
