import { storeSamplePhotos } from '../samples/sample-photos.ts';

// Runs in a process of its own: painting would block the local pipeline's servers for seconds.
process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal, but the studio decides when this one ends.
process.on('SIGINT', () => {});

await storeSamplePhotos(async (name, bytes) => {
  await new Promise((sent) => process.send?.({ name, bytes }, sent));
  return name;
});
process.disconnect();
