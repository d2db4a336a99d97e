// Loaded by programs that tests start. Standard input ends when the test's process does, even if that was killed; the program must not
// outlive it, nor must what it has started, which is all in its process group.
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.stdin.once('close', () => process.kill(-process.pid, 'SIGKILL'));
  process.stdin.resume().unref();
}
