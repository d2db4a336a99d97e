import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chromiumPath } from './chromium.ts';

if (chromiumPath() === undefined) {
  console.log('The browser tests were not run: they need Chromium (on Debian: apt install chromium), or its path in CHROMIUM.');
  // CI must not be green because nothing was tested.
  process.exitCode = ['', '0', 'false', undefined].includes(process.env.CI) ? 0 : 1;
} else {
  process.exitCode = await runJest(process.argv.slice(2));
}

async function runJest(options: readonly string[]): Promise<number> {
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const child = spawn(process.execPath, [...jest, '--config', 'jest.browser.config.js', ...options], { stdio: 'inherit' });
  // Ctrl-C reaches jest as well; this process waits for it to tidy up.
  process.on('SIGINT', () => {});
  const [code] = await once(child, 'close');
  return code ?? 1;
}
