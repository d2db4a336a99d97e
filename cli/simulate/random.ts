/** From here on, a normal distribution is close enough. */
const LARGE = 50;

/** Returns how many events happen in a second if they happen `rate` times on average, independently of each other. */
export function poisson(rate: number, random: () => number): number {
  if (rate <= 0) return 0;
  if (rate > LARGE) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.max(0, Math.round(rate + Math.sqrt(rate) * normal));
  }
  const limit = Math.exp(-rate);
  let count = 0;
  for (let product = random(); product > limit; product *= random()) count += 1;
  return count;
}
