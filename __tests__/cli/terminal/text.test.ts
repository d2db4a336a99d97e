import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { shellQuoted } from '../../../cli/terminal/text.ts';

test('a shell reads quoted words unchanged', () => {
  const words = ['my photo.jpg', "it's $HOME `and` \\n.jpg", '\u001b[31mred\n', "\u0007it's \\ both"];
  const printed = execFileSync('bash', ['-c', `printf '%s\\0' ${words.map(shellQuoted).join(' ')}`], { encoding: 'utf8' });
  expect(printed.split('\0')).toEqual([...words, '']);
});

test('control characters are shown as text', () => {
  expect(shellQuoted('\u001b[31mred')).toBe("$'\\u001b[31mred'");
});
