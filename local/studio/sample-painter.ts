import { storeSamplePhotos } from '../samples/sample-photos.ts';

// A process of its own: painting would keep the servers of the local pipeline waiting for seconds.
process.on('disconnect', () => process.exit());
// Ctrl-C reaches every process of the terminal; the studio decides when this one ends.
process.on('SIGINT', () => {});

await storeSamplePhotos(async (name, bytes) => {
  await new Promise((sent) => process.send?.({ name, bytes }, sent));
  return name;
});
process.disconnect();
