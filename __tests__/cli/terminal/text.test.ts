import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { shellQuoted } from '../../../cli/terminal/text.ts';

test.each(['my photo.jpg', "it's $HOME `and` \\n.jpg", '\u001b[31mred\n', "\u0007it's \\ both"])(
  'a shell reads the quoted word %j unchanged',
  (word) => {
    // Not trimmed: a key may end with a line break.
    expect(execFileSync('bash', ['-c', `printf %s ${shellQuoted(word)}`], { encoding: 'utf8' })).toBe(word);
  },
);

test('control characters are shown as text', () => {
  expect(shellQuoted('\u001b[31mred')).toBe("$'\\u001b[31mred'");
});
