import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commandsOf, PROOFS } from '../docs/documented-commands.ts';

describe('the pre-commit hook', () => {
  test.each([
    ['allows a commit if the check passes', 'true', 0],
    ['stops a commit if the check fails', 'false', 1],
  ])('%s, once enabled as documented', (_, check, status) => {
    const repository = mkdtempSync(join(tmpdir(), 'hook-'));
    const run = (command: string) => spawnSync('sh', ['-c', command], { cwd: repository, encoding: 'utf8' });
    try {
      cpSync('.githooks', join(repository, '.githooks'), { recursive: true });
      writeFileSync(join(repository, 'package.json'), JSON.stringify({ scripts: { 'check:quick': check } }));
      const [switchedOn] = commandsOf('CONTRIBUTING.md').filter(({ text }) => PROOFS[text]?.by === 'hook');
      run(`git init --quiet && git config user.name A && git config user.email a@example.com && ${switchedOn?.text} && git add .`);

      expect(run('git commit --quiet --message first').status).toBe(status);
    } finally {
      rmSync(repository, { recursive: true, force: true });
    }
  });
});
