import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Gate } from '../../local/gate.ts';

test('work that fits within the limit runs concurrently', async () => {
  const gate = new Gate(100);
  let inside = 0;
  const together = async (): Promise<number> => {
    inside++;
    await delay(1);
    return inside;
  };
  expect(await Promise.all([gate.pass(50, together), gate.pass(50, together)])).toEqual([2, 2]);
});

test('the limit is never exceeded, and all work runs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 20 }), async (sizes) => {
      const gate = new Gate(100);
      let [held, most] = [0, 0];
      const work = (bytes: number) => async (): Promise<void> => {
        held += bytes;
        most = Math.max(most, held);
        await delay(0);
        held -= bytes;
      };
      await Promise.all(sizes.map((bytes) => gate.pass(bytes, work(bytes))));
      expect(held).toBe(0);
      expect(most).toBeLessThanOrEqual(100);
    }),
    { numRuns: 30 },
  );
});

test('work that exceeds the limit runs alone', async () => {
  const gate = new Gate(100);
  const order: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    order.push(`${name} in`);
    await delay(1);
    order.push(`${name} out`);
  };
  await Promise.all([gate.pass(10, work('small')), gate.pass(500, work('large')), gate.pass(10, work('last'))]);
  expect(order).toEqual(['small in', 'small out', 'large in', 'large out', 'last in', 'last out']);
});

test('failed work frees its bytes', async () => {
  const gate = new Gate(100);
  await expect(gate.pass(100, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(gate.pass(100, async () => 'through')).resolves.toBe('through');
});
