import { describe, expect, test } from '@jest/globals';
import { StartedProgram } from '../started-program.ts';
import { documentedCommands, PROOFS } from './documented-commands.ts';

describe('Documented commands', () => {
  const proved = documentedCommands().map(({ text }) => ({ command: text, proof: PROOFS[text] }));

  test.concurrent.each(proved.filter(({ proof }) => proof?.by === 'npm run test:processes'))('`$command` works', async ({ command }) => {
    const { code, stdout, stderr } = await StartedProgram.command(command.replace('npm run', 'npm run --silent')).ended;

    expect(code).toBe(0);
    expect(stdout).not.toBe('');
    expect(stderr.replaceAll(/^npm warn .*\n/gm, '')).toBe('');
  });

  test('`npm run bench` has the documented options', async () => {
    const { stdout } = await StartedProgram.command('npm run --silent bench -- --help').ended;

    const options = proved.flatMap(({ command, proof }) => (proof?.by === 'help' ? (command.match(/--\w[\w-]+/g) ?? []) : []));
    expect(options.length).toBeGreaterThan(3);
    for (const option of options) expect(stdout).toMatch(new RegExp(`^ {2}${option} `, 'm'));
  });
});
