import { Command, InvalidArgumentError } from 'commander';
import { printedStory } from '../explorer/printed-story.ts';
import { storm } from './storm.ts';

const whole = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a whole number from 0 to 999999999; try 100000.`);
  return Number(text);
};
const atLeastOne = (text: string): number => {
  if (whole(text) === 0) throw new InvalidArgumentError('No schedule shows nothing; try 100000.');
  return Number(text);
};

const { schedules, seed } = new Command('storm')
  .description(
    'Runs the handler through random schedules that are too large to explore, and checks the guarantees of docs/one-effect.md at every step.',
  )
  .option('--schedules <number>', 'how many schedules to run', atLeastOne, 1000)
  .option('--seed <number>', 'makes a run repeatable; printed at the end', whole, Date.now() % 2 ** 31)
  .parse()
  .opts<{ schedules: number; seed: number }>();

const started = performance.now();
const CHUNK = 1000;
for (let done = 0, part = seed; done < schedules; done += CHUNK, part += 1) {
  const { violation } = await storm({ schedules: Math.min(CHUNK, schedules - done), seed: part });
  if (violation !== undefined) {
    console.error(
      `Violation after ${done} to ${done + CHUNK} schedules; repeat it with: npm run storm -- --schedules ${CHUNK} --seed ${part}`,
    );
    console.error(printedStory(violation));
    process.exit(1);
  }
  if (process.stderr.isTTY) process.stderr.write(`\r${Math.min(done + CHUNK, schedules)} of ${schedules} schedules`);
}
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
console.log(`${schedules} schedules, seed ${seed}: no violation in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
